package cloister.cvm.slurm;

import cloister.cvm.demand.Gpus;
import cloister.cvm.demand.Need;
import cloister.cvm.demand.WorkerKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads {@code scontrol show nodes --json}; only workers' nodes are kept. */
public final class NodesReader {
    private static final int MOST_NODES = 10_000;

    private String name = "";
    private List<String> states = List.of();
    private int cpus;
    private int cpusTaken;
    private int memMiB;
    private int memTakenMiB;
    private Gpus gpus = Gpus.none();
    private Gpus gpusTaken = Gpus.none();
    private long lastBusy;

    private NodesReader() {}

    /**
     * The workers' nodes in the reply's order.
     *
     * @throws Unreadable where the reply is not what Slurm 24.11 and later write, or tells of an error
     */
    public static List<Node> read(byte[] json) throws Unreadable {
        List<Node> nodes = new ArrayList<>();
        Answer.each(json, "nodes", answer -> {
            NodesReader reader = new NodesReader();
            answer.object(reader::field);
            Optional<WorkerKey> worker = WorkerKey.ofNode(reader.name);
            if (worker.isPresent()) {
                if (nodes.size() == MOST_NODES) {
                    throw new Unreadable("too many nodes");
                }
                nodes.add(reader.node(worker.get()));
            }
        });
        return List.copyOf(nodes);
    }

    private boolean field(String field, Answer answer) throws Unreadable {
        switch (field) {
            case "name" -> name = answer.word(field);
            case "state" -> states = answer.words(field);
            case "cpus" -> cpus = answer.number(field);
            case "alloc_cpus" -> cpusTaken = answer.number(field);
            case "real_memory" -> memMiB = answer.number(field);
            case "alloc_memory" -> memTakenMiB = answer.number(field);
            case "gres" -> gpus = GpuReader.ofNode(answer.word(field));
            case "gres_used" -> gpusTaken = GpuReader.ofNode(answer.word(field));
            case "last_busy" -> lastBusy = answer.maybe(field).orElse(0);
            default -> {
                return false;
            }
        }
        return true;
    }

    private Node node(WorkerKey worker) throws Unreadable {
        if (states.isEmpty()) {
            throw new Unreadable("a node has no state");
        }
        return new Node(
                worker,
                NodeState.of(states),
                new Need(cpus, memMiB, gpus),
                new Need(cpusTaken, memTakenMiB, gpusTaken),
                lastBusy);
    }
}
