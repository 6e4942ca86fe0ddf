package cloister.bridge.slurm;

import cloister.bridge.Allocated;
import cloister.bridge.Allocation;
import cloister.bridge.Mark;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a job was given. Machines are bound to processors and devices by it, so that anything which is not as expected
 * makes the whole answer unknown.
 */
final class Holdings {
    /** Where nobody else gets a part of a core. The words of v0.0.42, then those of v0.0.45. */
    private static final Set<String> WHOLE_CORES =
            Set.of("CORE", "SOCKET", "CR_CORE", "CR_CORE_MEMORY", "CR_SOCKET", "CR_SOCKET_MEMORY");

    /** As slurmctld writes them (gres_stepmgr.c): {@code gpu:a100:2(IDX:0,3)}, one kind after the other. */
    private static final Pattern DEVICES = Pattern.compile(
            "([A-Za-z0-9_.-]{1,64})(?::([A-Za-z0-9_.-]{1,64}))?:([0-9]{1,5})\\(IDX:([0-9,-]*)\\)(?:,(?=.)|$)");

    private static final Pattern RANGE = Pattern.compile("([0-9]{1,5})(?:-([0-9]{1,5}))?");
    private static final int LONGEST_NAME = 64;
    private static final int LONGEST_TEXT = 128;

    private Holdings() {}

    static Allocated of(@Nullable List<Said.Holder> jobs, String user, long id, Mark mark) {
        if (jobs == null) return new Allocated.Unknown("slurmrestd's answer has no jobs in it");
        for (Said.Holder job : jobs) {
            boolean ours = Long.valueOf(id).equals(job.jobId())
                    && Jobs.mark(job.comment(), job.userName(), user).equals(Optional.of(mark));
            if (!ours) continue;
            try {
                return new Allocated.Seen(hosts(job, id));
            } catch (Unclear e) {
                return new Allocated.Unknown(e.what());
            }
        }
        return new Allocated.Absent();
    }

    private static List<Allocation> hosts(Said.Holder job, long id) throws Unclear {
        boolean holds = switch (Jobs.state(id, job.jobState())) {
            case CONFIGURING, RUNNING, SUSPENDED -> true;
            default -> false;
        };
        Said.Held held = job.jobResources();
        Said.HeldNodes nodes = held == null ? null : held.nodes();
        List<Said.HeldNode> hosts = nodes == null ? null : nodes.allocation();
        if (!holds || held == null || nodes == null || hosts == null || hosts.isEmpty()) {
            throw new Unclear("job " + id + " has no hosts");
        }
        List<String> words = held.selectType();
        boolean whole = Boolean.TRUE.equals(nodes.whole())
                || (words != null && words.stream().anyMatch(WHOLE_CORES::contains));
        List<@Nullable String> details = job.gresDetail();
        List<@Nullable String> gres = details == null ? List.of() : details;
        if (!gres.isEmpty() && gres.size() != hosts.size()) {
            throw new Unclear("job " + id + " has devices on " + gres.size() + " hosts of " + hosts.size());
        }
        List<Allocation> read = new ArrayList<>();
        for (int i = 0; i < hosts.size(); i++) {
            read.add(host(hosts.get(i), whole, devices(gres.isEmpty() ? null : gres.get(i))));
        }
        return read;
    }

    private static Allocation host(Said.HeldNode node, boolean whole, Map<String, SortedSet<Integer>> gres)
            throws Unclear {
        String name = Reply.clean(node.name(), LONGEST_NAME);
        Said.Cpus cpus = node.cpus();
        Said.Memory memory = node.memory();
        Long mebibytes = memory == null ? null : memory.allocated();
        if (mebibytes == null || mebibytes < 0) throw new Unclear("Slurm names no memory on " + name);
        return new Allocation(
                name,
                Jobs.count(cpus == null ? null : cpus.count(), "cpus.count"),
                mebibytes,
                whole,
                sockets(node.sockets(), name),
                gres);
    }

    private static List<Allocation.Socket> sockets(@Nullable List<Said.Socket> said, String host) throws Unclear {
        List<Allocation.Socket> sockets = new ArrayList<>();
        for (Said.Socket socket : said == null ? List.<Said.Socket>of() : said) {
            List<Said.Core> cores = socket.cores();
            Long index = socket.index();
            boolean next = index != null && index == sockets.size() && cores != null && !cores.isEmpty();
            if (!next || cores == null) throw new Unclear("the sockets of " + host + " are not in order");
            SortedSet<Integer> given = new TreeSet<>();
            for (int core = 0; core < cores.size(); core++) {
                Long number = cores.get(core).index();
                if (number == null || number != core) {
                    throw new Unclear("the cores of " + host + " are not in order");
                }
                if (given(cores.get(core).status(), host)) given.add(core);
            }
            sockets.add(new Allocation.Socket(cores.size(), given));
        }
        return sockets;
    }

    /** Steps may use what is given: then IN_USE stands beside it. */
    private static boolean given(@Nullable List<String> status, String host) throws Unclear {
        List<String> words = status == null ? List.of() : status;
        if (words.equals(List.of("UNALLOCATED"))) return false;
        if (words.contains("ALLOCATED") && Set.of("ALLOCATED", "IN_USE").containsAll(words)) return true;
        throw new Unclear("a core of " + host + " is neither given nor free: "
                + Reply.clean(String.valueOf(words), LONGEST_TEXT));
    }

    /** By the name of the gres: indexes count through all its types. */
    private static Map<String, SortedSet<Integer>> devices(@Nullable String text) throws Unclear {
        Map<String, SortedSet<Integer>> devices = new HashMap<>();
        if (text == null || text.isEmpty()) return devices;
        Matcher matcher = DEVICES.matcher(text);
        int end = 0;
        while (matcher.find() && matcher.start() == end) {
            end = matcher.end();
            List<Integer> indexes = indexes(matcher.group(4), text);
            if (indexes.size() != Integer.parseInt(matcher.group(3))) throw strange(text);
            SortedSet<Integer> known = devices.computeIfAbsent(matcher.group(1), _ -> new TreeSet<>());
            for (int index : indexes) {
                if (!known.add(index)) throw strange(text);
            }
        }
        // Without device files there is no index: (CNT:2). Of shared devices there are parts: (0/4,2/4).
        if (end != text.length()) throw strange(text);
        return devices;
    }

    private static List<Integer> indexes(String text, String whole) throws Unclear {
        List<Integer> indexes = new ArrayList<>();
        if (text.isEmpty()) return indexes;
        for (String part : text.split(",", -1)) {
            Matcher range = RANGE.matcher(part);
            if (!range.matches()) throw strange(whole);
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first) throw strange(whole);
            for (int index = first; index <= last; index++) indexes.add(index);
        }
        return indexes;
    }

    private static Unclear strange(String text) {
        return new Unclear("devices without an index of their own each: " + Reply.clean(text, LONGEST_TEXT));
    }
}
