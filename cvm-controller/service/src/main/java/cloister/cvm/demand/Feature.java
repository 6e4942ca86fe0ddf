package cloister.cvm.demand;

import cloister.broker.Isolation;
import cloister.cvm.slurm.PendingJob;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What the local Slurm is told of where a waiting job may run, where each job has workers of its own.
 *
 * @param job the job as {@code scontrol} names it
 * @param feature that its workers have
 */
public record Feature(String job, String feature) {
    /** Whether it is tied to a lease. */
    public boolean tied() {
        return !feature.equals(PendingJob.Gate.feature(0));
    }

    /**
     * The jobs that are tied to a lease whose workers have come, each task of an array to its own; and those that are tied to one
     * that is not theirs, as after a requeue: they get new workers.
     */
    public static List<Feature> changes(Isolation isolation, Collection<PendingJob> pending, Plan plan) {
        List<Feature> changes = new ArrayList<>();
        if (isolation != Isolation.JOB) {
            return changes;
        }
        for (PendingJob job : pending) {
            JobKey key = new JobKey(job.job(), job.submitted(), job.restarts());
            if (!job.gate().shut() && !plan.bound().contains(key)) {
                changes.add(new Feature(job.name(), PendingJob.Gate.feature(0)));
            }
            List<String> tasks = job.taskNames();
            List<Integer> leases = plan.ties().stream()
                    .filter(tie -> tie.job().equals(key))
                    .map(Plan.Tie::lease)
                    .toList();
            for (int task = 0; task < Math.min(tasks.size(), leases.size()); task++) {
                changes.add(new Feature(tasks.get(task), PendingJob.Gate.feature(leases.get(task))));
            }
        }
        return changes;
    }
}
