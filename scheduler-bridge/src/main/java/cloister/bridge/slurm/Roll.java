package cloister.bridge.slurm;

import cloister.bridge.Mark;
import cloister.bridge.Placeholder;
import cloister.bridge.PlaceholderState;
import cloister.bridge.Survey;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Pattern;

/**
 * All placeholders, for one or two requests a look: slurmctld's short list of states each time, and the details of those alone
 * whose state is another than before. What changes without a change of state (a reason, a limit) is found by {@link Reread}.
 *
 * <p>The short list shows all users' jobs and no comments, so each job is read once to know whose it is. Nothing that was
 * remembered is believed after a request failed, or after a submission whose outcome is not known: slurmctld may have crashed,
 * and then it gives the ids of jobs that it lost to others.
 *
 * <p>Where very many jobs came since the last look, the long list is read, but for a tenth of the time only: the rest of it is
 * for their submission. Until then some are read by themselves and the others are named as unread.
 */
final class Roll {
    private static final System.Logger LOG = System.getLogger(Roll.class.getName());
    private static final Pattern PLAIN_ID = Pattern.compile("[1-9][0-9]{0,9}");
    /** A single job takes slurmrestd some eight times as long as one in a list. */
    private static final int SINGLES_FOR_A_LIST = 8;

    private static final int FEW = 32;

    private final Endpoint slurm;
    private final String user;
    private final Reread reread;
    private final Map<Long, Entry> known = new HashMap<>();
    private final Set<Long> doubtful = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean forgetAll = new AtomicBoolean(true);

    /**
     * One job.
     *
     * @param words its state in the short list when the details were read; empty if they did not fit each other
     * @param placeholder empty if the job is not ours
     * @param asOf when the details were asked for, in the order of {@link Reread}
     */
    private record Entry(Set<String> words, Optional<Placeholder> placeholder, long asOf) {}

    Roll(Endpoint slurm, String user) {
        this.slurm = slurm;
        this.user = user;
        this.reread = new Reread(slurm);
    }

    /** The next look reads this job's details, whatever its state. */
    void doubt(long job) {
        doubtful.add(job);
    }

    /** The next look reads everything. */
    void forget() {
        forgetAll.set(true);
    }

    /** One look. */
    synchronized Survey look() {
        boolean all = forgetAll.getAndSet(false);
        Set<Long> asked = Set.copyOf(doubtful);
        doubtful.removeAll(asked);
        try {
            Map<Long, Set<String>> states = states();
            known.keySet().retainAll(states.keySet());
            List<Long> changed = changed(states, asked);
            boolean many = isManyOf(changed.size(), states.size());
            Set<Long> unread = new HashSet<>();
            if (all || (many && reread.due())) {
                known.clear();
                take(states, list(), reread.now());
            } else {
                List<Long> now = many ? mostUrgent(changed, states) : changed;
                for (long id : now) take(id, states);
                unread.addAll(changed);
                now.forEach(unread::remove);
                known.keySet().removeAll(unread);
                if (!many) reread.result().ifPresent(seen -> refresh(states, seen));
            }
            return new Survey.Seen(
                    known.values().stream()
                            .flatMap(entry -> entry.placeholder().stream())
                            .sorted(Comparator.comparingLong(Placeholder::job))
                            .toList(),
                    unread);
        } catch (Unclear e) {
            forget();
            return new Survey.Unknown(e.what());
        }
    }

    private static boolean isManyOf(int changed, int all) {
        return changed > FEW && changed > all / SINGLES_FOR_A_LIST;
    }

    /** In a burst, what cannot wait until the long list is due: jobs that we have read before, and those at the gate. */
    private List<Long> mostUrgent(List<Long> changed, Map<Long, Set<String>> states) {
        Comparator<Long> first = Comparator.comparing(id ->
                !known.containsKey(id) && !states.getOrDefault(id, Set.of()).contains("CONFIGURING"));
        return changed.stream()
                .sorted(first.thenComparing(Comparator.naturalOrder()))
                .limit(FEW)
                .toList();
    }

    private Map<Long, Set<String>> states() throws Unclear {
        List<Said.State> lines = good(slurm.ask(Slurmrestd::states)).jobs();
        if (lines == null) throw new Unclear("slurmrestd's list of states has no jobs in it");
        Map<Long, Set<String>> states = new HashMap<>();
        for (Said.State line : lines) {
            String id = line.jobId();
            List<String> words = line.state();
            if (id == null || words == null)
                throw new Unclear("slurmrestd's list of states is not in the form we know");
            // Parts of arrays and of heterogeneous jobs are not ours.
            if (PLAIN_ID.matcher(id).matches()) states.put(Long.valueOf(id), Set.copyOf(words));
        }
        return states;
    }

    private List<Long> changed(Map<Long, Set<String>> states, Set<Long> asked) {
        List<Long> changed = new ArrayList<>();
        states.forEach((id, words) -> {
            Entry entry = known.get(id);
            if (entry == null || asked.contains(id) || (!entry.words().equals(words) && mayBeOurs(entry, words))) {
                changed.add(id);
            }
        });
        return changed;
    }

    /** A job of others that goes on is still of others; one that waits, or stands at a gate, may be a new one of that id. */
    private static boolean mayBeOurs(Entry entry, Set<String> words) {
        return entry.placeholder().isPresent() || words.contains("PENDING") || words.contains("CONFIGURING");
    }

    private List<Said.Job> list() throws Unclear {
        long began = System.nanoTime();
        List<Said.Job> jobs = good(slurm.ask(Slurmrestd::jobs)).jobs();
        if (jobs == null) throw new Unclear("slurmrestd's list has no jobs in it");
        reread.took(System.nanoTime() - began, jobs.size());
        return jobs;
    }

    private void take(Map<Long, Set<String>> states, List<Said.Job> jobs, long asOf) throws Unclear {
        for (Said.Job job : jobs) {
            Long id = job.jobId();
            List<String> own = job.jobState();
            if (id == null || own == null) throw new Unclear("slurmrestd's list has a job without id or state");
            // One that came between the two lists has no line in the first.
            put(id, states.getOrDefault(id, Set.copyOf(own)), job, asOf);
        }
        // What slurmctld shows in the short list only is hidden from us: it belongs to others.
        states.forEach((id, words) -> known.putIfAbsent(id, new Entry(words, Optional.empty(), asOf)));
    }

    private void take(long id, Map<Long, Set<String>> states) throws Unclear {
        long asOf = reread.now();
        Set<String> words = states.getOrDefault(id, Set.of());
        Reply<Said.Jobs> reply = slurm.ask(api -> api.job(id));
        if (reply instanceof Reply.Failed<Said.Jobs>(long number, String text) && Errors.unknownJob(number)) {
            known.put(id, new Entry(words, Optional.empty(), asOf));
            return;
        }
        List<Said.Job> jobs = good(reply).jobs();
        if (jobs == null) throw new Unclear("slurmrestd's answer has no jobs in it");
        known.put(id, new Entry(words, Optional.empty(), asOf));
        for (Said.Job job : jobs) {
            if (Long.valueOf(id).equals(job.jobId())) put(id, words, job, asOf);
        }
    }

    private void refresh(Map<Long, Set<String>> states, Reread.Seen seen) {
        for (Said.Job job : seen.jobs()) {
            Long id = job.jobId();
            Set<String> words = id == null ? null : states.get(id);
            Entry entry = id == null ? null : known.get(id);
            // Details that were read since are newer than this list.
            if (id == null || words == null || entry == null || entry.asOf() > seen.asOf()) continue;
            try {
                put(id, words, job, seen.asOf());
            } catch (Unclear e) {
                // The next look reads this one by itself, and says so if it is still not clear.
                LOG.log(Level.DEBUG, e.what());
                doubt(id);
            }
        }
    }

    private void put(long id, Set<String> words, Said.Job job, long asOf) throws Unclear {
        Optional<Mark> mark = Jobs.mark(job, user);
        if (mark.isEmpty()) {
            known.put(id, new Entry(words, Optional.empty(), asOf));
            return;
        }
        Placeholder placeholder = Jobs.placeholder(job, mark.get());
        // Details of another moment than the state: read again at the next look.
        Optional<PlaceholderState> said = JobStates.state(List.copyOf(words));
        boolean fits = said.isPresent() && said.get() == placeholder.state();
        known.put(id, new Entry(fits ? words : Set.of(), Optional.of(placeholder), asOf));
    }

    private static <T> T good(Reply<T> reply) throws Unclear {
        return switch (reply) {
            case Reply.Good<T>(T body) -> body;
            case Reply.Failed<T>(long number, String text) -> throw new Unclear(text);
            case Reply.Silent<T>(String why) -> throw new Unclear(why);
            case Reply.Elsewhere<T>(String why) -> throw new Unclear(why);
        };
    }
}
