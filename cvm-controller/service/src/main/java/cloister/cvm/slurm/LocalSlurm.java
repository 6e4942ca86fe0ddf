package cloister.cvm.slurm;

import cloister.cvm.demand.Feature;
import cloister.cvm.demand.WorkerKey;
import cloister.guest.Command;
import cloister.guest.Commands;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The commands of the project's own Slurm, run as root. Those that change something answer whether Slurm took them; one that
 * was not taken may be given again. An {@link IOException} says that nobody knows.
 */
public final class LocalSlurm {
    /** A pending array is one record of 8 KiB; this is room for some thousand jobs. */
    private static final int MOST_OUTPUT = 64 * 1024 * 1024;

    /** Jobs in one command, so that no queue outlasts its limit. */
    private static final int MOST_TOLD = 100;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss");

    private final Commands commands;
    private final Duration limit;

    /**
     * The local Slurm of this machine.
     *
     * @param limit for each command
     */
    public LocalSlurm(Commands commands, Duration limit) {
        this.commands = commands;
        this.limit = limit;
    }

    /** Whether slurmctld answers. */
    public boolean answers() throws IOException, InterruptedException {
        return did("scontrol", "ping");
    }

    /** The jobs that wait. */
    public List<PendingJob> pending() throws IOException, InterruptedException, Unreadable {
        // Slurm cuts an array's task list short unless it is told not to.
        String json = commands.checked(Command.of("squeue", "--json", "--states=PENDING")
                .with("SLURM_BITSTR_LEN", "0")
                .within(limit)
                .printing(MOST_OUTPUT));
        return JobsReader.read(json.getBytes(StandardCharsets.UTF_8));
    }

    /** The workers' nodes. */
    public List<Node> nodes() throws IOException, InterruptedException, Unreadable {
        String json = commands.checked(
                Command.of("scontrol", "show", "nodes", "--json").within(limit).printing(MOST_OUTPUT));
        return NodesReader.read(json.getBytes(StandardCharsets.UTF_8));
    }

    /** Starts nothing more on that worker. */
    public boolean drain(WorkerKey worker) throws IOException, InterruptedException {
        return did("scontrol", "update", "nodename=" + worker.node(), "state=drain", "reason=leaving");
    }

    /** Uses that worker again. */
    public boolean resume(WorkerKey worker) throws IOException, InterruptedException {
        return did("scontrol", "update", "nodename=" + worker.node(), "state=resume");
    }

    /** Gives that worker up: what runs there is requeued. */
    public boolean down(WorkerKey worker) throws IOException, InterruptedException {
        return did("scontrol", "update", "nodename=" + worker.node(), "state=down", "reason=lost");
    }

    /** Forgets that worker; refused while a job runs there, and where there is no such node. */
    public boolean delete(WorkerKey worker) throws IOException, InterruptedException {
        return did("scontrol", "delete", "nodename=" + worker.node());
    }

    /**
     * Reserves that worker for nobody from a time on, so that Slurm starts no job on it whose limit reaches beyond.
     *
     * @param from when its last job must have ended
     */
    public boolean fence(WorkerKey worker, Instant from) throws IOException, InterruptedException {
        unfence(worker);
        return did(
                "scontrol",
                "create",
                "reservation",
                "reservationname=" + fenceName(worker),
                "starttime=" + TIME.format(from.truncatedTo(ChronoUnit.SECONDS).atOffset(ZoneOffset.UTC)),
                "duration=infinite",
                "users=root",
                "flags=ignore_jobs,maint",
                "nodes=" + worker.node());
    }

    /** Forgets the reservation; false where there was none. */
    public boolean unfence(WorkerKey worker) throws IOException, InterruptedException {
        return did("scontrol", "delete", "reservationname=" + fenceName(worker));
    }

    /** Spares a requeued job the delay that Slurm puts before its next start. */
    public boolean startNow(int job) throws IOException, InterruptedException {
        return did("scontrol", "update", "jobid=" + job, "starttime=now");
    }

    /**
     * Lets a waiting job run on workers with that feature alone; false where it waits no more. The scheduler passes over an array
     * in which it has found a task that cannot start, so a task whose workers have come goes before the others.
     */
    public boolean bind(Feature feature) throws IOException, InterruptedException {
        return did(
                "scontrol",
                "update",
                "jobid=" + feature.job(),
                "features=" + feature.feature(),
                "nice=" + (feature.tied() ? -1 : 0));
    }

    /** Tells the owners of jobs something, in one line or none; false where one of them is over, the others hear it all the same. */
    public boolean tell(List<Integer> jobs, String line) throws IOException, InterruptedException {
        boolean all = true;
        for (int from = 0; from < jobs.size(); from += MOST_TOLD) {
            String some = jobs.subList(from, Math.min(jobs.size(), from + MOST_TOLD)).stream()
                    .map(String::valueOf)
                    .collect(Collectors.joining(","));
            // squeue writes "(null)" where there is no comment.
            all &= did("scontrol", "update", "jobid=" + some, "admincomment=" + (line.isEmpty() ? " " : line));
        }
        return all;
    }

    /** The jobs that run on a worker; none where there is no such node. */
    public List<Integer> runningOn(WorkerKey worker) throws IOException, InterruptedException {
        String lines = commands.checked(
                Command.of("squeue", "--noheader", "--states=RUNNING", "--nodelist=" + worker.node(), "--format=%A")
                        .within(limit)
                        .printing(MOST_OUTPUT));
        return lines.lines()
                .map(String::strip)
                .filter(line -> line.matches("[1-9][0-9]{0,8}"))
                .map(Integer::valueOf)
                .toList();
    }

    /** Reads the configuration again. */
    public boolean reconfigure() throws IOException, InterruptedException {
        return did("scontrol", "reconfigure");
    }

    private static String fenceName(WorkerKey worker) {
        return "end-" + worker.node();
    }

    /** Whether Slurm said yes. Its words for a no name nodes and jobs, and are not kept. */
    private boolean did(String... argv) throws IOException, InterruptedException {
        return switch (commands.run(Command.of(List.of(argv)).with("TZ", "UTC").within(limit))) {
            case Commands.Outcome.Finished finished -> finished.exit() == 0;
            case Commands.Outcome.TimedOut _, Commands.Outcome.TooMuch _ ->
                throw new IOException("scontrol did not answer in time");
        };
    }
}
