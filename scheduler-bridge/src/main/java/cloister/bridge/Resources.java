package cloister.bridge;

/**
 * What slurmdbd says a job was given (its allocated TRES).
 *
 * @param cpus number of cores
 * @param memMiB memory in MiB
 * @param gpus number of GPUs of all kinds
 * @param nodes number of hosts
 */
public record Resources(long cpus, long memMiB, long gpus, long nodes) {
    /** Refuses negative numbers. */
    public Resources {
        if (cpus < 0 || memMiB < 0 || gpus < 0 || nodes < 0) {
            throw new IllegalArgumentException("resources are not negative");
        }
    }
}
