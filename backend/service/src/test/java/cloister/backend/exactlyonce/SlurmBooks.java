package cloister.backend.exactlyonce;

import cloister.slurm.testing.GlobalSlurm;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What slurmdbd says of project 1, by Slurm's own commands. */
final class SlurmBooks {
    /** sreport looks at whole hours that are past. */
    private static final int BACK = 3 * 3600;

    private static final int HOURS = 6;

    private final GlobalSlurm slurm;

    SlurmBooks(GlobalSlurm slurm) {
        this.slurm = slurm;
    }

    /** One record; a placeholder that gave hosts back has one for each size. */
    private record Part(String state, long cpus, long seconds, long submitted, long start, long end) {}

    /**
     * A placeholder.
     *
     * @param parts how many records it has
     * @param text state, cores that it had last, seconds and core-seconds
     */
    record Job(int parts, String text) {}

    /** By job id. On 24.11 a further record of a job begins at the job's start again: that time counts once. */
    Map<Long, Job> jobs() throws IOException, InterruptedException {
        Map<Long, List<Part>> parts = new HashMap<>();
        String columns = "jobid,state,alloccpus,elapsedraw,submit,start,end";
        String said = slurm.run(
                "env", "SLURM_TIME_FORMAT=%s", "sacct", "-aDnPX", "-A", "p1", "-S", "now-1days", "-o", columns);
        for (String line : said.lines().toList()) {
            String[] cells = line.split("\\|", -1);
            parts.computeIfAbsent(Long.parseLong(cells[0]), _ -> new ArrayList<>())
                    .add(new Part(
                            cells[1].replaceAll(" by .*", ""),
                            Long.parseLong(cells[2]),
                            Long.parseLong(cells[3]),
                            Long.parseLong(cells[4]),
                            Long.parseLong(cells[5]),
                            Long.parseLong(cells[6])));
        }
        Map<Long, Job> jobs = new HashMap<>();
        parts.forEach((job, some) -> jobs.put(job, joined(some)));
        return jobs;
    }

    private static Job joined(List<Part> parts) {
        parts.sort(Comparator.comparingLong(Part::submitted));
        long seconds = 0;
        long coreSeconds = 0;
        long end = 0;
        for (Part part : parts) {
            long held = part.seconds() - Math.max(0, end - part.start());
            seconds += held;
            coreSeconds += part.cpus() * held;
            end = part.end();
        }
        Part last = parts.getLast();
        return new Job(parts.size(), last.state() + " " + last.cpus() + " " + seconds + " " + coreSeconds);
    }

    /** Core-seconds of the project by sreport. All jobs are made to have run some hours ago, and put back afterwards. */
    long reported() throws IOException, InterruptedException {
        sql("update test_event_table set time_start=time_start-864000;"
                + " update cluster_table set creation_time=creation_time-864000");
        shift(-BACK);
        try {
            Instant hour = Instant.now().truncatedTo(ChronoUnit.HOURS);
            String from = time(hour.minus(HOURS, ChronoUnit.HOURS));
            slurm.run("sacctmgr", "-iQ", "roll", from);
            String[] report = {
                "sreport",
                "-nP",
                "cluster",
                "AccountUtilizationByUser",
                "-t",
                "Seconds",
                "start=" + from,
                "end=" + time(hour),
                "format=Account,Login,Used"
            };
            return slurm.run(report)
                    .lines()
                    .filter(line -> line.startsWith("p1||"))
                    .mapToLong(line -> Long.parseLong(line.substring(4)))
                    .sum();
        } finally {
            shift(BACK);
        }
    }

    private static String time(Instant hour) {
        return hour.toString().replace("Z", "");
    }

    private void shift(int seconds) throws IOException, InterruptedException {
        sql("update test_job_table set time_submit=time_submit+(" + seconds + "),time_eligible=time_eligible+("
                + seconds + "),time_start=time_start+(" + seconds + "),time_end=time_end+(" + seconds
                + ") where time_start>0 and time_end>0");
    }

    /** Somebody removes the record of a job from the database. */
    void purge(long job) throws IOException, InterruptedException {
        sql("delete from test_job_table where id_job=" + job);
    }

    /** Somebody makes a job a minute longer, in its last record. */
    void lengthen(long job) throws IOException, InterruptedException {
        sql("update test_job_table set time_end=time_end+60 where id_job=" + job
                + " order by time_submit desc limit 1");
    }

    private void sql(String statements) throws IOException, InterruptedException {
        slurm.run("mariadb", "slurm_acct_db", "-e", statements);
    }
}
