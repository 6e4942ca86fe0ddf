package cloister.cvm.slurm;

import cloister.broker.GpuKind;
import cloister.control.GpuNames;
import cloister.cvm.demand.Gpus;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what a job asks of GPUs, and its constraint. What has another form than the few that are known makes this one job
 * unservable, and no other unreadable.
 */
final class GpuReader {
    private static final int LONGEST = 256;

    /** As 24.11 writes it, {@code gres/gpu:a:2} and {@code gres/gpu:a=2}; the kind and the count may be left out. */
    private static final Pattern GPU = Pattern.compile("gres/gpu(:[abc])?([:=]([0-9]{1,6}))?");

    /** What else a task may ask for, which other fields repeat. */
    private static final Pattern OTHER = Pattern.compile("(cpu|mem|node|billing)=[0-9]{1,12}[KMGTP]?");

    /** A node's: {@code gpu:a:2}, with what is behind it in parentheses. */
    private static final Pattern OF_NODE = Pattern.compile("gpu:([abc]):([0-9]{1,6})(\\([^)]*\\))?");

    private GpuKind kind = GpuKind.NONE;
    private boolean servable = true;
    private int perJob;
    private int perNode;
    private int perTask;
    private int cpusPerGpu;
    private int memPerGpuMiB;

    boolean field(String name, Answer answer) throws Unreadable {
        switch (name) {
            case "tres_per_job" -> perJob = count(answer.word(name));
            case "tres_per_node" -> perNode = count(answer.word(name));
            case "tres_per_task" -> perTask = count(answer.word(name));
            // Workers have one socket, which nobody needs to know: the submit plugin says how to ask instead.
            case "tres_per_socket" -> servable &= count(answer.word(name)) == 0;
            case "cpus_per_tres" -> cpusPerGpu = count(answer.word(name));
            case "memory_per_tres" -> memPerGpuMiB = count(answer.word(name));
            default -> {
                return false;
            }
        }
        return true;
    }

    GpuWish wish() {
        return new GpuWish(kind, perJob, perNode, perTask, cpusPerGpu, memPerGpuMiB, servable);
    }

    /** The number behind the one GPU in a list; 0 where there is none. */
    private int count(String list) {
        if (list.isEmpty() || !servable) {
            return 0;
        }
        if (list.length() > LONGEST) {
            servable = false;
            return 0;
        }
        int count = 0;
        int gpus = 0;
        for (String part : list.split(",", -1)) {
            Matcher gpu = GPU.matcher(part);
            if (gpu.matches()) {
                gpus++;
                count = gpu.group(3) == null ? 1 : Integer.parseInt(gpu.group(3));
                if (gpu.group(1) != null && count > 0) {
                    GpuNames.ofType(gpu.group(1).substring(1)).ifPresent(this::only);
                }
            } else {
                servable &= OTHER.matcher(part).matches();
            }
        }
        servable &= gpus <= 1;
        return count;
    }

    /** One name of the closed list, without operators, or what this project's policy has put there itself. */
    void constraint(String features) {
        if (!features.isEmpty() && !PendingJob.Gate.ofPolicy(features)) {
            List<GpuKind> named = GpuNames.kinds().stream()
                    .filter(one -> GpuNames.feature(one).equals(features))
                    .toList();
            servable &= !named.isEmpty();
            named.forEach(this::only);
        }
    }

    private void only(GpuKind one) {
        servable &= kind == GpuKind.NONE || kind == one;
        kind = one;
    }

    /** What a node has or jobs took of it; none where it is not of the form that workers register with. */
    static Gpus ofNode(String gres) {
        Matcher matcher = OF_NODE.matcher(gres);
        if (gres.length() > LONGEST || !matcher.matches()) {
            return Gpus.none();
        }
        int count = Integer.parseInt(matcher.group(2));
        return GpuNames.ofType(matcher.group(1))
                .map(kind -> new Gpus(kind, count))
                .orElse(Gpus.none());
    }
}
