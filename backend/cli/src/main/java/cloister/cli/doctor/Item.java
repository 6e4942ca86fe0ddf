package cloister.cli.doctor;

import java.util.function.Function;

/** What is looked at, in the order in which it is printed: name, what must be so and why, what to do if it is not. */
enum Item {
    VERSIONS_SUPPORTED(
            "versions-supported",
            "slurmctld, slurmdbd, slurmrestd and the slurmd of each VM host are 24.11 or 26.05",
            "install Slurm 24.11 or 26.05 on the machine that is named",
            VersionChecks::supported),
    VERSIONS_EQUAL(
            "versions-equal",
            "slurmctld, slurmdbd and slurmrestd are of the same release line",
            "bring all three to the same release line: slurmdbd first, then slurmctld, then slurmrestd",
            VersionChecks::equal),
    VERSIONS_RUNNING(
            "versions-running",
            "the slurmctld and slurmdbd that run are those that are installed",
            "restart the daemon that is named: it still runs from before an upgrade",
            VersionChecks::running),
    JOB_SUBMIT_LOADED(
            "job-submit-loaded",
            "slurmctld has loaded job_submit/lua",
            "put lua into JobSubmitPlugins in slurm.conf, then restart slurmctld",
            PluginChecks::jobSubmit),
    GATE_LOADED(
            "gate-loaded",
            "slurmctld holds placeholders at the gate: by burst_buffer/lua, or, where cloister.lua says gate_driver prolog, by PrologSlurmctld with EpilogSlurmctld",
            "set BurstBufferType=burst_buffer/lua in slurm.conf (for the other driver PrologSlurmctld and EpilogSlurmctld), then restart slurmctld",
            PluginChecks::gate),
    PLUGIN_FILES(
            "plugin-files",
            "the Lua files are in place and those of this version; a site's own job_submit.lua, burst_buffer.lua and jobcomp.lua call ours",
            "copy lua-plugins/global/*.lua of this version beside slurm.conf, then scontrol reconfigure",
            PluginChecks::files),
    PLUGIN_RIGHTS(
            "plugin-rights",
            "the Lua files and cloister.lua are root's or SlurmUser's, and nobody else may write them: slurmctld runs them",
            "chown root: and chmod 0644 the file that is named",
            PluginChecks::rights),
    LUA_SYNTAX(
            "lua-syntax",
            "the Lua files are Lua: a syntax error makes the next reconfigure fail and every submit be refused or pend",
            "mend the file that is named (luac5.1 -p FILE), or copy it anew; without a luac, install lua5.1 to have a site's own file checked",
            PluginChecks::syntax),
    SITE_FILE(
            "site-file",
            "cloister.lua is a plain table and names the backend's uid and the gate's folder, and if it names partitions, the backend's is among them",
            "write cloister.lua as cloister.lua.example shows it, then scontrol reconfigure",
            PluginChecks::siteFile),
    SUBMIT_REFUSED(
            "submit-refused",
            "a test submit of root (sbatch --test-only, never queued) is refused by our job_submit.lua: it runs, and reads its file",
            "see job-submit-loaded, plugin-files and site-file; slurmctld's log names the error; then scontrol reconfigure",
            PluginChecks::refused),
    BACKEND_UID(
            "backend-uid",
            "backend_uids in cloister.lua is the uid of the backend's user and no other",
            "set backend_uids in cloister.lua to what id -u says of the backend's user, then scontrol reconfigure",
            UserChecks::backendUid),
    BACKEND_USER(
            "backend-user",
            "the backend's user is neither root nor SlurmUser",
            "give the backend a Unix user of its own (cloister.slurm.user), the same uid on each machine of this Slurm",
            UserChecks::backendUser),
    BACKEND_LEVEL(
            "backend-level",
            "the backend's user is an operator of the accounting: without that it makes no account and no wckey, and may not lengthen a placeholder",
            "sacctmgr modify user USER set AdminLevel=Operator, USER being cloister.slurm.user",
            UserChecks::backendLevel),
    ADMIN_UIDS(
            "admin-uids",
            "admin_uids in cloister.lua has root and SlurmUser: an administrator's hold, cancel or new time limit is not refused",
            "set admin_uids in cloister.lua to 0 and SlurmUser's uid, then scontrol reconfigure",
            UserChecks::adminUids),
    PRIVATE_DATA(
            "private-data",
            "PrivateData in slurm.conf hides jobs, usage, users and accounts of one project from the others",
            "set PrivateData=jobs,usage,users,accounts in slurm.conf, then scontrol reconfigure",
            PrivacyChecks::controller),
    PRIVATE_DATA_DBD(
            "private-data-dbd",
            "PrivateData in slurmdbd.conf hides the same: sacct asks slurmdbd, not slurmctld",
            "set PrivateData=jobs,usage,users,accounts in slurmdbd.conf, then restart slurmdbd",
            PrivacyChecks::slurmdbd),
    OWN_TOKENS(
            "own-tokens",
            "users cannot make tokens of their own: AuthAltParameters has disable_token_creation, and AuthAltTypes auth/jwt",
            "set AuthAltTypes=auth/jwt and put disable_token_creation into AuthAltParameters in slurm.conf, then restart slurmctld",
            PrivacyChecks::tokens),
    SCRIPTS_STORED(
            "scripts-stored",
            "slurmdbd keeps no scripts and no environment: AccountingStoreFlags has neither job_script nor job_env",
            "take job_script and job_env out of AccountingStoreFlags in slurm.conf, then scontrol reconfigure",
            PrivacyChecks::scripts),
    ACCOUNTING_ON(
            "accounting-on",
            "slurmctld accounts through slurmdbd, and slurmdbd answers",
            "set AccountingStorageType=accounting_storage/slurmdbd and AccountingStorageHost in slurm.conf, start slurmdbd, restart slurmctld",
            AccountingChecks::on),
    ACCOUNTING_ENFORCED(
            "accounting-enforced",
            "AccountingStorageEnforce has associations, limits and wckeys: a placeholder needs its project's account, limits and key",
            "put associations,limits,wckeys into AccountingStorageEnforce in slurm.conf, then restart slurmctld",
            AccountingChecks::enforced),
    COMMENT_STORED(
            "comment-stored",
            "AccountingStoreFlags has job_comment: the mark of a placeholder stays in its record",
            "put job_comment into AccountingStoreFlags in slurm.conf, then scontrol reconfigure",
            AccountingChecks::comment),
    FIGURES_STORED(
            "figures-stored",
            "AccountingStoreFlags has job_extra, or JobCompType is jobcomp/lua: what a placeholder used stays in its record",
            "put job_extra into AccountingStoreFlags in slurm.conf, then scontrol reconfigure",
            AccountingChecks::figures),
    WCKEYS(
            "wckeys",
            "TrackWCKey=yes in slurm.conf: the member's code is recorded",
            "set TrackWCKey=yes in slurm.conf, then restart slurmctld",
            AccountingChecks::wckeys),
    WCKEYS_DBD(
            "wckeys-dbd",
            "TrackWCKey=yes in slurmdbd.conf: usage is rolled up by it",
            "set TrackWCKey=yes in slurmdbd.conf, then restart slurmdbd",
            AccountingChecks::wckeysDbd),
    PURGE(
            "purge",
            "slurmdbd keeps jobs and usage for at least 35 days: placeholders are looked up there, and the ledger is compared",
            "set PurgeJobAfter and PurgeUsageAfter in slurmdbd.conf to 35days or more, or remove them, then restart slurmdbd",
            AccountingChecks::purge),
    PART_LIMITS(
            "part-limits",
            "EnforcePartLimits=ALL: what a partition can never run is refused at once instead of pending for ever",
            "set EnforcePartLimits=ALL in slurm.conf, then scontrol reconfigure",
            AccountingChecks::partLimits),
    JOB_COUNT(
            "job-count",
            "MaxJobCount is 10000 or more: each placeholder counts until MinJobAge after its end",
            "set MaxJobCount=10000 or more in slurm.conf, then restart slurmctld",
            AccountingChecks::jobCount),
    JOB_AGE(
            "job-age",
            "MinJobAge is 300 s or more: slurmctld still knows how a placeholder ended when the backend was away for a while",
            "set MinJobAge=300 in slurm.conf, then scontrol reconfigure",
            AccountingChecks::jobAge),
    REQUEST_RATE(
            "request-rate",
            "slurmctld does not slow the backend down: no rl_enable in SlurmctldParameters, or rl_refill_rate of 100 or more",
            "take rl_enable out of SlurmctldParameters in slurm.conf or add rl_refill_rate=100, then scontrol reconfigure",
            HostChecks::requestRate),
    GATE_TIME(
            "gate-time",
            "OtherTimeout of the burst buffer (PrologEpilogTimeout where gate_driver is prolog) is not less than gate_limit_seconds: the gate ends a wait in words before Slurm kills it",
            "set OtherTimeout in burst_buffer.conf (or PrologEpilogTimeout in slurm.conf) to gate_limit_seconds of cloister.lua or more, then scontrol reconfigure",
            GateChecks::time),
    GATE_PATH(
            "gate-path",
            "cloister.lua and the backend's configuration name the same gate folder",
            "make gate in cloister.lua and cloister.slurm.gate-folder the same path, then scontrol reconfigure and restart the backend",
            GateChecks::path),
    GATE_RIGHTS(
            "gate-rights",
            "the gate folder is root's; SlurmUser owns asked/, the backend's user owns answers/, each may read the other's, nobody else writes",
            "chown root: FOLDER; chown SLURMUSER:BACKEND FOLDER/asked; chown BACKEND:SLURMUSER FOLDER/answers; chmod 0755, 0750 and 2750",
            GateChecks::rights),
    GATE_HEARTBEAT(
            "gate-heartbeat",
            "the backend's heartbeat in answers/ is not older than 30 s: beyond that every placeholder is refused",
            "start the backend, and see that its clock and this machine's agree",
            GateChecks::heartbeat),
    GATE_CONTROLLERS(
            "gate-controllers",
            "each slurmctld host has the same gate folder and files; only this machine's can be seen",
            "share the gate folder with each backup controller, and run this command on each of them",
            GateChecks::controllers),
    EPILOG(
            "epilog",
            "slurm.conf names an Epilog: ours destroys the machines that outlive their placeholder",
            "install lua-plugins/host on the VM hosts and set Epilog= to it in slurm.conf, then scontrol reconfigure",
            HostChecks::epilog),
    EPILOG_TIME(
            "epilog-time",
            "PrologEpilogTimeout is 70 s or more: our Epilog may need 60 s, and one that is killed drains its node",
            "set PrologEpilogTimeout=90 in slurm.conf, then scontrol reconfigure",
            HostChecks::epilogTime),
    EPILOG_ON_HOSTS(
            "epilog-on-hosts",
            "the Epilog, the hook and the sweep are on each VM host",
            "look on each host, as lua-plugins/host/README.md says",
            _ -> Verdict.notFromHere("a VM host's files can't be seen from this machine")),
    STEP_TIMES(
            "step-times",
            "BatchStartTimeout is 10 s or more and KillWait from 5 to 120 s: a slow start is no node failure, an end comes soon",
            "set BatchStartTimeout=10 and KillWait=30 in slurm.conf, then scontrol reconfigure",
            HostChecks::stepTimes),
    OWN_CORES(
            "own-cores",
            "no core is given to two jobs: our partition has no OverSubscribe=FORCE, with or without SUSPEND or GANG",
            "set OverSubscribe=NO on our partition in slurm.conf and keep PreemptMode free of SUSPEND and GANG there, then scontrol reconfigure",
            HostChecks::ownCores),
    MEMORY_COUNTED(
            "memory-counted",
            "memory is allocated: select/cons_tres with CR_Core_Memory, CR_CPU_Memory or CR_Socket_Memory",
            "set SelectType=select/cons_tres and SelectTypeParameters=CR_Core_Memory in slurm.conf, then restart slurmctld",
            HostChecks::memory),
    POWER_SAVING(
            "power-saving",
            "Slurm's power saving leaves our VM hosts alone: CVMs live there without a job",
            "put our partition into SuspendExcParts in slurm.conf (or the hosts into SuspendExcNodes), then scontrol reconfigure",
            HostChecks::powerSaving),
    NAMES_RESOLVE(
            "names-resolve",
            "each node's address resolves here: one that does not stalls slurmctld's start, and a submit answers 504",
            "put the name that is shown into DNS or /etc/hosts, or give its node a NodeAddr",
            HostChecks::names),
    CLOCK_CONTROLLER(
            "clock-controller",
            "slurmctld's clock and this machine's differ by 5 s at most",
            "synchronise both clocks (chrony, systemd-timesyncd)",
            HostChecks::controllerClock),
    CLOCK_HOSTS(
            "clock-hosts",
            "the VM hosts' clocks are right; from here only a slurmd that started in the future can be seen",
            "synchronise the clock of the host that is named (chrony, systemd-timesyncd)",
            HostChecks::hostClocks),
    TOKEN_FILE(
            "token-file",
            "the token file is there, the backend's user owns it, and it is readable for that user only",
            "chown it to the backend's user and chmod 0400, also in what renews it",
            TokenChecks::file),
    TOKEN_USER(
            "token-user",
            "the token is the backend's user's: never root's or SlurmUser's",
            "make it with scontrol token username=USER, USER being cloister.slurm.user",
            TokenChecks::user),
    TOKEN_LIFE(
            "token-life",
            "40 % of the token's life or more is left: what renews it does so at half life",
            "see why the renewal (a timer of the administrator's) did not run, and run it",
            TokenChecks::life);

    private final String title;
    private final String must;
    private final String remedy;
    /** A method of one of the classes of checks, none of which has any state. */
    @SuppressWarnings("ImmutableEnumChecker")
    private final Function<Facts, Verdict> check;

    Item(String title, String must, String remedy, Function<Facts, Verdict> check) {
        this.title = title;
        this.must = must;
        this.remedy = remedy;
        this.check = check;
    }

    /** The name that is printed, for monitoring. */
    String title() {
        return title;
    }

    /** What must be so, and why. */
    String must() {
        return must;
    }

    String remedy() {
        return remedy;
    }

    Finding on(Facts facts) {
        return new Finding(this, check.apply(facts));
    }
}
