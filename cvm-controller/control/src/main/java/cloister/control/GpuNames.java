package cloister.control;

import cloister.broker.GpuKind;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What a project's Slurm calls GPUs, the same on the CVM and on its workers. */
public final class GpuNames {
    /** As many as a worker may have. */
    private static final int MOST = 16;

    private static final List<GpuKind> KINDS = List.of(GpuKind.A, GpuKind.B, GpuKind.C);

    private GpuNames() {}

    /** All kinds that are one. */
    public static List<GpuKind> kinds() {
        return KINDS;
    }

    /** Most GPUs of one worker. */
    public static int most() {
        return MOST;
    }

    /** What users call a kind: the KIND in {@code --gres=gpu:KIND:N}. */
    public static String type(GpuKind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** The kind behind a type, where it is one. */
    public static Optional<GpuKind> ofType(String type) {
        return KINDS.stream().filter(kind -> type(kind).equals(type)).findFirst();
    }

    /** The feature of every worker that has GPUs of that kind: what users name in {@code --constraint}. */
    public static String feature(GpuKind kind) {
        return "gpu-" + type(kind);
    }

    /**
     * Where a worker's slurmd finds the GPUs of a kind, without the number at its end, from 0. All workers share one
     * {@code gres.conf}, and slurmd does not start where a file of it is missing: so each makes all names, and those that it
     * has a device for lead there.
     */
    public static String file(GpuKind kind) {
        return "/run/cloister/gpu/" + type(kind);
    }
}
