package cloister.cli.doctor;

import cloister.cli.doctor.Commands.Output;
import cloister.cli.doctor.Facts.Account;
import cloister.cli.doctor.Facts.Gate;
import cloister.cli.doctor.Facts.Plugin;
import cloister.cli.doctor.Facts.TokenFile;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Looks, with a fixed list of commands and files, and changes nothing.
 *
 * @param folder of slurm.conf, usually {@code /etc/slurm}
 * @param backendFile the backend's configuration
 */
record Gather(Commands commands, Disk disk, InstantSource clock, Path folder, Path backendFile) {
    private static final Pattern AS_OF = Pattern.compile("(?m)^Configuration data as of (\\S+)$");
    private static final Pattern SLURMDBD_PART = Pattern.compile("(?m)^SlurmDBD configuration:$");
    private static final Pattern USER_AND_UID = Pattern.compile("^([^()]+)\\((\\d{1,10})\\)$");
    private static final Pattern VERSION = Pattern.compile("(\\d+\\.\\d+)\\.\\S+");
    private static final Pattern ADDRESS =
            Pattern.compile("^(?:\\d{1,3}\\.){3}\\d{1,3}$|^[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*$");
    private static final Pattern PRIVATE_DATA =
            Pattern.compile("(?i)^\\s*PrivateData\\s*=\\s*([A-Za-z,]*)\\s*(?:#.*)?$");
    private static final Pattern USER = Pattern.compile("^[A-Za-z_][A-Za-z0-9_.-]{0,63}$");
    private static final Pattern PATH = Pattern.compile("^/[\\w./-]{1,200}$");
    private static final List<String> PROGRAMS = List.of("slurmctld", "slurmdbd", "slurmrestd");
    private static final List<String> LUAC = List.of("luac5.1", "luac");

    Facts facts() {
        Known<BackendFile> backend =
                present(disk.text(backendFile), backendFile).then(BackendFile::parse);
        Known<SiteFile> site = present(disk.text(folder.resolve("cloister.lua")), folder.resolve("cloister.lua"))
                .then(SiteFile::parse);
        Known<String> config = text("scontrol", "show", "config");
        // Right after slurmctld said its own time.
        Instant now = clock.instant();
        Known<Settings> controller = config.map(Settings::ofLines);
        Known<List<Settings>> nodes =
                after(config, () -> text("scontrol", "show", "node", "-o").map(Settings::ofRecords));
        Map<String, Known<String>> installed = new HashMap<>();
        PROGRAMS.forEach(program -> installed.put(program, text(program, "-V").map(String::strip)));
        return new Facts(
                now,
                folder.toString(),
                backend,
                site,
                disk.entry(folder.resolve("cloister.lua")),
                controller,
                config.then(Gather::asOf),
                text("sacctmgr", "show", "configuration").then(Gather::slurmdbd),
                disk.text(folder.resolve("slurmdbd.conf")).map(Gather::privacy),
                after(config, () -> text("scontrol", "show", "burstbuffer").map(Settings::ofPairs)),
                nodes,
                after(config, () -> text("scontrol", "show", "partition", "-o").map(Settings::ofRecords)),
                installed,
                Map.of(
                        Facts.BACKEND_USER,
                        backend.then(ours -> account(ours.user())),
                        Facts.SLURM_USER,
                        controller.then(this::slurmUser)),
                backend.then(ours -> level(ours.user())),
                plugins(),
                after(
                        config,
                        () -> backend.then(ours -> commands.run(
                                List.of("sbatch", "--test-only", "--partition=" + ours.partition(), "--wrap=true")))),
                nodes.map(this::resolved),
                gate(site),
                token(backend));
    }

    /** What a command says; unseen if it does not end well. */
    private Known<String> text(String... command) {
        return commands.run(List.of(command))
                .then(output -> output.code() == 0
                        ? Known.seen(output.out())
                        : Known.unseen(String.join(" ", command) + ": " + firstLine(output)));
    }

    private static String firstLine(Output output) {
        return output.err().lines().filter(line -> !line.isBlank()).findFirst().orElse("exit code " + output.code());
    }

    /** Where slurmctld did not answer once, it is not asked again: each question would wait for its time limit. */
    private static <T> Known<T> after(Known<?> first, Supplier<Known<T>> then) {
        return first.then(_ -> then.get());
    }

    private static Known<String> present(Known<Optional<String>> text, Path file) {
        return text.then(seen -> seen.map(Known::seen).orElseGet(() -> Known.unseen(file + " is not there")));
    }

    private static Known<Instant> asOf(String config) {
        Matcher match = AS_OF.matcher(config);
        if (!match.find()) {
            return Known.unseen("scontrol show config does not say as of when");
        }
        try {
            return Known.seen(LocalDateTime.parse(match.group(1)).toInstant(ZoneOffset.UTC));
        } catch (DateTimeParseException e) {
            return Known.unseen("scontrol show config gives a time that is not understood: " + match.group(1));
        }
    }

    private static Known<Settings> slurmdbd(String configuration) {
        Matcher match = SLURMDBD_PART.matcher(configuration);
        return match.find()
                ? Known.seen(Settings.ofLines(configuration.substring(match.end())))
                : Known.unseen("slurmdbd does not answer (sacctmgr show configuration has no part of it)");
    }

    /** Nothing else of slurmdbd.conf is kept: the database's password may stand in it. */
    private static Optional<Set<String>> privacy(Optional<String> file) {
        return file.map(text -> text.lines()
                .map(PRIVATE_DATA::matcher)
                .filter(Matcher::matches)
                .map(match -> new Settings(Map.of("PrivateData", match.group(1))).words("PrivateData"))
                .reduce(Set.of(), (_, last) -> last));
    }

    private Known<Account> slurmUser(Settings controller) {
        Matcher match = USER_AND_UID.matcher(controller.get("SlurmUser").orElse(""));
        return match.matches() ? account(match.group(1)) : Known.unseen("slurmctld does not name its SlurmUser");
    }

    private Known<String> level(String user) {
        return USER.matcher(user).matches()
                ? text("sacctmgr", "-n", "-P", "show", "user", "where", "name=" + user, "format=adminlevel")
                        .map(String::strip)
                : Known.unseen("not a user's name: " + user);
    }

    private Known<Account> account(String name) {
        if (!USER.matcher(name).matches()) {
            return Known.unseen("not a user's name: " + name);
        }
        return text("getent", "passwd", name)
                .then(line -> text("id", "-G", name).then(groups -> {
                    String[] fields = line.strip().split(":", -1);
                    if (fields.length < 4
                            || !fields[2].matches("\\d{1,10}")
                            || !groups.strip().matches("\\d+( \\d+)*")) {
                        return Known.unseen("getent and id say of " + name + " what is not understood");
                    }
                    return Known.seen(new Account(
                            name,
                            Long.parseLong(fields[2]),
                            Arrays.stream(groups.strip().split(" ", -1))
                                    .map(Long::valueOf)
                                    .collect(Collectors.toSet())));
                }));
    }

    private Map<String, Plugin> plugins() {
        Map<String, Plugin> plugins = new TreeMap<>();
        Shipped.plugins().forEach((name, shipped) -> {
            Path file = folder.resolve(name);
            plugins.put(name, new Plugin(shipped, disk.entry(file), disk.text(file), parses(file)));
        });
        return plugins;
    }

    /** What luac has against a file; nothing if it takes it. */
    private Known<Optional<String>> parses(Path file) {
        Known<Output> said = Known.unseen("there is no luac here");
        for (String luac : LUAC) {
            said = commands.run(List.of(luac, "-p", file.toString()));
            if (said instanceof Known.Seen<Output>) {
                break;
            }
        }
        return said.map(output -> output.code() == 0 ? Optional.empty() : Optional.of(firstLine(output)));
    }

    private Map<String, Known<Boolean>> resolved(List<Settings> nodes) {
        Set<String> names = new TreeSet<>();
        nodes.forEach(node -> names.add(
                node.get("NodeAddr").or(() -> node.get("NodeHostName")).orElse("")));
        Map<String, Known<Boolean>> resolved = new TreeMap<>();
        for (String name : names) {
            resolved.put(name, ADDRESS.matcher(name).matches() ? Known.seen(true) : resolves(name));
        }
        return resolved;
    }

    /** getent's exit code 2 means that there is no such name. */
    private Known<Boolean> resolves(String name) {
        return commands.run(List.of("getent", "ahosts", name)).then(output -> switch (output.code()) {
            case 0 -> Known.seen(true);
            case 2 -> Known.seen(false);
            default -> Known.unseen("getent ahosts " + name + ": " + firstLine(output));
        });
    }

    private Gate gate(Known<SiteFile> site) {
        Known<String> path = site.then(file -> file.gate()
                .filter(gate -> PATH.matcher(gate).matches())
                .map(Known::seen)
                .orElseGet(() -> Known.unseen("cloister.lua names no gate folder")));
        return new Gate(
                path,
                path.then(gate -> disk.entry(Path.of(gate))),
                path.then(gate -> disk.entry(Path.of(gate, "asked"))),
                path.then(gate -> disk.entry(Path.of(gate, "answers"))),
                path.then(gate -> disk.text(Path.of(gate, "answers", "heartbeat"))));
    }

    private TokenFile token(Known<BackendFile> backend) {
        Known<Path> path = backend.then(ours -> PATH.matcher(ours.tokenFile()).matches()
                ? Known.seen(Path.of(ours.tokenFile()))
                : Known.unseen("the backend's configuration names no token file"));
        return new TokenFile(
                path.then(disk::entry),
                path.then(file -> present(disk.text(file), file).then(Token::parse)));
    }

    /** The release line of a version such as {@code slurm-wlm 24.11.5}: 24.11. */
    static Optional<String> line(String version) {
        Matcher match = VERSION.matcher(version);
        return match.find() ? Optional.of(match.group(1)) : Optional.empty();
    }
}
