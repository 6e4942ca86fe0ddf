package cloister.cvm.demand;

/** Whom a worker serves, by the project's policy. */
public sealed interface Tenant {
    /** Every member's jobs. */
    record Everybody() implements Tenant {}

    /**
     * One member's jobs.
     *
     * @param member the member's number
     */
    record OneMember(int member) implements Tenant {}

    /**
     * One job, or one task of an array, and once.
     *
     * @param job for which its lease was asked
     * @param tied whether the local Slurm was told which job that is: an array's lease is any of its tasks' before
     */
    record OneJob(JobKey job, boolean tied) implements Tenant {}

    /** Nobody: whose it was is not known any more. */
    record Nobody() implements Tenant {}

    /** Whether a worker of that lease may run that job. */
    default boolean admits(Waiting job, int lease) {
        return switch (this) {
            case Everybody _ -> true;
            case OneMember(int member) -> member == job.member();
            case OneJob(JobKey key, boolean tied) ->
                job.binding().lease() == (tied ? lease : 0)
                        && (key.equals(job.key()) || key.equals(job.binding().origin()));
            case Nobody _ -> false;
        };
    }

    /** Whether it is never used twice. */
    default boolean once() {
        return switch (this) {
            case Everybody _, OneMember _ -> false;
            case OneJob _, Nobody _ -> true;
        };
    }
}
