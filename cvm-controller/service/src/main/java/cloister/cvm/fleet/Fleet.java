package cloister.cvm.fleet;

import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import cloister.broker.WorkerState;
import cloister.cvm.demand.Ask;
import cloister.cvm.demand.Plan;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Slot;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.slurm.Node;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Event;
import cloister.cvm.worker.Guest;
import cloister.cvm.worker.Life;
import cloister.cvm.worker.Step;
import cloister.cvm.worker.Worker;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * The leases of this CVM and their workers. It does nothing itself: what it is told changes its view, and what is to be done
 * about that is collected as acts. One thread uses it.
 */
public final class Fleet {
    /** Between two tries to tell the broker the same; its rates allow one every five seconds in the long run. */
    private static final Duration RETRY = Duration.ofSeconds(5);

    /** Before the same is asked again for which an answer is still due. */
    private static final Duration REMIND = Duration.ofMinutes(2);

    /** How a request to the broker ended. */
    public enum Outcome {
        /** The broker did it. */
        DONE,
        /** The broker refused, and changed nothing. */
        REFUSED,
        /** Nobody knows. */
        UNKNOWN,
        /** It was not even asked, because nobody needs it any more. */
        MOOT
    }

    private final Life life;
    private final Map<Integer, Held> leases = new TreeMap<>();
    private final List<Act> acts = new ArrayList<>();
    private final Map<WorkerKey, Instant> sweeping = new HashMap<>();
    private OptionalInt next = OptionalInt.empty();
    private boolean heard;

    public Fleet(Life life) {
        this.life = life;
    }

    /** Takes back what the drive kept of a lease before the controller was restarted. */
    public void recall(int number, LeaseRequest request, Instant now) {
        leases.put(number, new Held(number, request, List.of(), now, REMIND));
    }

    /** What is to be done; once only. */
    public List<Act> acts() {
        List<Act> done = List.copyOf(acts);
        acts.clear();
        return done;
    }

    /** Which number the broker gives the next lease. An answer that is older than what we know changes nothing. */
    public void nextLease(int number) {
        next = OptionalInt.of(Math.max(number, next.orElse(number)));
    }

    /** Whether the broker has told of all live leases: before that nothing is asked for and nothing swept away. */
    public boolean heard() {
        return heard;
    }

    /** The broker's list of all live leases. */
    public void heardAll(LeaseList list, Instant now) {
        Set<Integer> live = new HashSet<>();
        list.leases().forEach(lease -> live.add(lease.n()));
        for (Held held : leases.values()) {
            boolean askedBefore = !heard || held.stage() != Held.Stage.ASKING;
            if (!live.contains(held.number()) && askedBefore) {
                ended(held, now);
            }
        }
        heard = true;
        heardChanges(list, now);
    }

    /** The broker's list of leases that changed. */
    public void heardChanges(LeaseList list, Instant now) {
        for (LeaseList.Lease lease : list.leases()) {
            Held held = leases.get(lease.n());
            if (held != null) {
                heard(held, lease, now);
            } else if (lease.state() != LeaseState.ENDED && lease.state() != LeaseState.ENDING) {
                // The drive has lost its request, so nobody knows what it was for.
                acts.add(new Act.DropLease(lease.n()));
            }
        }
        tidy(now);
    }

    private void heard(Held held, LeaseList.Lease lease, Instant now) {
        taken(held, now);
        held.told(lease);
        if (lease.state() == LeaseState.ENDED) {
            ended(held, now);
            return;
        }
        if (lease.state() == LeaseState.ENDING) {
            boolean perhapsAgain = lease.reason() == ReasonCode.BOOT_FAILED && !held.unwanted();
            held.become(perhapsAgain ? Held.Stage.REPEATING : Held.Stage.ENDING);
            held.workers().forEach(worker -> on(worker, new Event.Lost(now)));
            return;
        }
        if (held.stage() == Held.Stage.REPEATING) {
            // What is left of the first workers goes before others take their names.
            if (!held.cleared()) {
                return;
            }
            held.beginAnew(now);
        }
        Optional<Instant> before = held.endsAt();
        boolean moved = held.endsAt(lease.endsAt());
        // They join when all have said hello, so that each can be told of the others.
        boolean complete = lease.workers().stream().noneMatch(told -> told.state() == WorkerState.STARTING);
        for (LeaseList.Worker told : lease.workers()) {
            if (complete || told.state() != WorkerState.READY) {
                held.worker(told.k()).ifPresent(worker -> heard(worker, told, now));
            }
        }
        if (moved) {
            boolean sooner = before.isPresent()
                    && held.endsAt().filter(before.get()::isAfter).isPresent();
            held.workers().stream()
                    .filter(worker -> worker.life() instanceof Worker.Serving)
                    .forEach(worker -> acts.add(new Act.ForWorker(worker.key(), new Effect.Fence(sooner))));
        }
    }

    private void heard(Tracked worker, LeaseList.Worker told, Instant now) {
        String address = told.address();
        String key = told.tlsSpki();
        if (told.state() == WorkerState.READY && address != null && key != null) {
            on(worker, new Event.Heard(new Guest(address, key), now));
        } else if (told.state() == WorkerState.GONE) {
            on(worker, new Event.Lost(now));
        }
    }

    private void ended(Held held, Instant now) {
        if (held.stage() == Held.Stage.ENDED) {
            return;
        }
        if (!held.everBusy() && !held.unwanted() && !held.jobs().isEmpty()) {
            acts.add(new Act.SlowDown(held.jobs(), held.reason()));
        }
        held.become(Held.Stage.ENDED);
        held.workers().forEach(worker -> on(worker, new Event.Lost(now)));
    }

    /** What came of asking for a lease. */
    public void asked(int number, Outcome outcome, Instant now) {
        Held held = leases.get(number);
        if (held == null || held.stage() != Held.Stage.ASKING) {
            return;
        }
        switch (outcome) {
            case DONE -> taken(held, now);
            case REFUSED -> {
                next = OptionalInt.empty();
                acts.add(new Act.LearnLimits());
                ended(held, now);
                tidy(now);
            }
            case UNKNOWN -> held.tryAgainAt(now.plus(RETRY));
            case MOOT -> leases.remove(number);
        }
    }

    /** The broker has the lease: its answer and its list say so, in either order. */
    private void taken(Held held, Instant now) {
        nextLease(held.number() + 1);
        if (held.stage() == Held.Stage.ASKING) {
            held.become(Held.Stage.LIVE);
            if (held.unwanted()) {
                drop(held, now);
            }
        }
    }

    /** What came of giving a lease back. */
    public void dropped(int number, Outcome outcome, Instant now) {
        Held held = leases.get(number);
        if (held != null) {
            held.tryAgainAt(now.plus(outcome == Outcome.DONE ? REMIND : RETRY));
        }
    }

    /** What came of an effect on a worker, or what else happened to it. */
    public void happened(WorkerKey key, Event event) {
        worker(key).ifPresent(worker -> on(worker, event));
        tidy(event.at());
    }

    /** The local Slurm's workers' nodes, as of a time. */
    public void seen(Collection<Node> nodes, Instant at) {
        Map<WorkerKey, Node> byKey = new HashMap<>();
        nodes.forEach(node -> byKey.put(node.worker(), node));
        for (Held held : leases.values()) {
            for (Tracked worker : held.workers()) {
                // The node of one that is gone is nobody's: it is swept away below.
                Node node = worker.gone() ? null : byKey.remove(worker.key());
                if (node != null) {
                    worker.look(node, at);
                    on(worker, new Event.Seen(node.state(), at));
                } else if (worker.missed()) {
                    on(worker, new Event.Unseen(at));
                }
            }
        }
        if (heard) {
            sweeping.keySet().retainAll(byKey.keySet());
            byKey.keySet().stream()
                    .filter(key -> !at.isBefore(sweeping.getOrDefault(key, at)))
                    .forEach(key -> {
                        sweeping.put(key, at.plus(RETRY));
                        acts.add(new Act.Sweep(key));
                    });
        }
        tidy(at);
    }

    /** The names of the tunnels that carry, as charon says. */
    public void carrying(Set<String> tunnels, Instant now) {
        for (Held held : leases.values()) {
            for (Tracked worker : held.workers()) {
                if (!tunnels.contains(worker.key().node())) {
                    on(worker, new Event.Cut(now));
                }
            }
        }
    }

    /** Time passes: what did not succeed is tried again. */
    public void tick(Instant now) {
        for (Held held : leases.values()) {
            held.workers().forEach(worker -> on(worker, new Event.Tick(now)));
            if (now.isBefore(held.nextTry())) {
                continue;
            }
            if (held.stage() == Held.Stage.ASKING && heard) {
                held.tryAgainAt(now.plus(REMIND));
                acts.add(new Act.AskLease(held.number(), held.request(), List.of()));
            } else if (held.stage() == Held.Stage.ENDING && held.unwanted()) {
                drop(held, now);
            }
        }
        tidy(now);
    }

    /** Every worker as room for jobs. */
    public List<Slot> slots(Policy policy, Instant now) {
        return leases.values().stream()
                .flatMap(held -> held.slots(policy, now).stream())
                .toList();
    }

    /** Sets out to do what was planned. One lease is asked for at a time, because the next one's number follows from it. */
    public void follow(Plan plan, Instant now) {
        for (int lease : plan.withdraw()) {
            Held held = leases.get(lease);
            if (held != null && !held.unwanted()) {
                held.noLongerWanted();
                if (held.stage() != Held.Stage.ASKING) {
                    drop(held, now);
                }
            }
        }
        plan.ties().forEach(tie -> Optional.ofNullable(leases.get(tie.lease())).ifPresent(Held::tied));
        plan.release().forEach(key -> happened(key, new Event.Release(now)));
        boolean asking = leases.values().stream().anyMatch(held -> held.stage() == Held.Stage.ASKING);
        if (asking || !heard || next.isEmpty() || plan.asks().isEmpty()) {
            return;
        }
        Ask ask = plan.asks().getFirst();
        int number = next.getAsInt();
        if (leases.containsKey(number)) {
            throw new IllegalStateException("a lease's number is never used twice");
        }
        leases.put(number, new Held(number, ask.request(), ask.jobs(), now, REMIND));
        acts.add(new Act.AskLease(number, ask.request(), ask.jobs()));
    }

    private void drop(Held held, Instant now) {
        held.become(Held.Stage.ENDING);
        held.tryAgainAt(now.plus(RETRY));
        acts.add(new Act.DropLease(held.number()));
    }

    private void on(Tracked worker, Event event) {
        Step step = life.on(worker.life(), event);
        worker.become(step.next());
        step.effects().forEach(effect -> acts.add(new Act.ForWorker(worker.key(), effect)));
    }

    /** A lease whose workers have all gone is given back as a whole; one of which nothing is left is forgotten. */
    private void tidy(Instant now) {
        for (Held held : List.copyOf(leases.values())) {
            if (held.stage() == Held.Stage.REPEATING && held.cleared()) {
                held.lastWord()
                        .filter(word -> word.state() != LeaseState.ENDING)
                        .ifPresent(word -> heard(held, word, now));
            }
            if (held.over()) {
                leases.remove(held.number());
                acts.add(new Act.ForgetLease(held.number()));
            } else if (held.stage() == Held.Stage.LIVE
                    && held.workers().stream().allMatch(Tracked::gone)) {
                if (!held.everBusy() && !held.jobs().isEmpty()) {
                    acts.add(new Act.SlowDown(held.jobs(), held.reason()));
                }
                held.noLongerWanted();
                drop(held, now);
            }
        }
    }

    /** When the worker's lease ends, where that is known. */
    public Optional<Instant> endsAt(WorkerKey key) {
        return Optional.ofNullable(leases.get(key.lease())).flatMap(Held::endsAt);
    }

    /** The shape that a worker was asked with. */
    public Optional<LeaseRequest> shape(WorkerKey key) {
        return Optional.ofNullable(leases.get(key.lease())).map(Held::request);
    }

    /** The broker's last word about a lease. */
    public Optional<LeaseList.Lease> word(int lease) {
        return Optional.ofNullable(leases.get(lease)).flatMap(Held::lastWord);
    }

    /** The other workers of a worker's lease that said hello, and their addresses on the underlay. */
    public Map<WorkerKey, String> neighbours(WorkerKey key) {
        Map<WorkerKey, String> others = new TreeMap<>();
        for (LeaseList.Worker told :
                word(key.lease()).map(LeaseList.Lease::workers).orElse(List.of())) {
            String address = told.address();
            if (told.state() == WorkerState.READY && address != null && told.k() != key.worker()) {
                others.put(new WorkerKey(key.lease(), told.k()), address);
            }
        }
        return others;
    }

    /** How long jobs ran on a worker, as far as was seen. */
    public Duration busy(WorkerKey key) {
        return worker(key).map(Tracked::busy).orElse(Duration.ZERO);
    }

    /** Where a worker is in its life. */
    public Optional<Worker> life(WorkerKey key) {
        return worker(key).map(Tracked::life);
    }

    /** Whether there is any worker whose node may be in the local Slurm. */
    public boolean hasWorkers() {
        return leases.values().stream()
                .flatMap(held -> held.workers().stream())
                .anyMatch(worker -> !worker.gone() && !(worker.life() instanceof Worker.Starting));
    }

    /** Whether something waits for what the next look at the nodes shows. */
    public boolean awaitsLook() {
        return leases.values().stream().flatMap(held -> held.workers().stream()).anyMatch(Tracked::awaitsLook);
    }

    private Optional<Tracked> worker(WorkerKey key) {
        return Optional.ofNullable(leases.get(key.lease())).flatMap(held -> held.worker(key.worker()));
    }
}
