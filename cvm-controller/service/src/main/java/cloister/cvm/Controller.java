package cloister.cvm;

import cloister.broker.LeaseList;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.ReasonCode;
import cloister.control.Account;
import cloister.cvm.demand.Demand;
import cloister.cvm.demand.Feature;
import cloister.cvm.demand.JobBook;
import cloister.cvm.demand.Plan;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.Waiting;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.fleet.Act;
import cloister.cvm.fleet.Fleet;
import cloister.cvm.slurm.PendingJob;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Guest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The loop: it hears news one by one, brings its view up to date, works out what is wanted, and sends others to do it. It is
 * the only one to touch the view, and it waits for nobody.
 */
final class Controller {
    private static final int MOST_NEWS = 10_000;
    private static final long TICK_MS = 1000;

    /** Longer than what the local Slurm puts before a requeued job's next start: AuthInfo's cred_expire, two minutes. */
    private static final long LONGEST_DELAY_SECONDS = 150;

    /** Requeued jobs that are spared that delay, and when they may start by what was last heard. */
    private final Map<Integer, Long> hurried = new HashMap<>();

    private final BlockingQueue<News> news = new LinkedBlockingQueue<>(MOST_NEWS);
    private final Fleet fleet;
    private final Outside outside;
    private final InstantSource clock;
    private final JobBook jobs = new JobBook();
    private final Notices notices = new Notices();
    private final Map<WorkerKey, Guest> guests = new HashMap<>();
    private Policy policy;
    private Members members;
    private List<PendingJob> pending = List.of();
    private boolean fresh;
    private boolean stirred;
    private boolean binding;
    private Instant boundAt = Instant.MIN;

    /** Those who do what the loop decides; each answers with news. None of them blocks the loop. */
    interface Outside {
        /** Does something for the fleet. */
        void act(Act act, Details details);

        /** Tells the owners of waiting jobs something. */
        void tell(List<Notices.Notice> notices);

        /** Tells the local Slurm which jobs have which workers, and then says that it did. */
        void bind(List<Feature> features);

        /** Spares a requeued job the delay before its next start. */
        void hurry(int job);

        /** The limits have changed. */
        void limits(Policy policy);

        /** The members have changed. */
        void members(Members members);

        /** Whether the workers' nodes are worth a look, and whether the local Slurm is to be looked at soon. */
        void watch(boolean nodes, boolean closely);
    }

    /** What may be needed to do something for a worker. */
    record Details(Optional<Errands.About> about, Optional<Guest> guest, List<Account> accounts, ReasonCode reason) {}

    Controller(Fleet fleet, Outside outside, Policy policy, Members members, InstantSource clock) {
        this.fleet = fleet;
        this.outside = outside;
        this.policy = policy;
        this.members = members;
        this.clock = clock;
    }

    /** Queues news; where the queue is full the oldest is not lost: the sender waits. */
    void tell(News item) throws InterruptedException {
        news.put(item);
    }

    /** Turns until the thread is interrupted. */
    void run() throws InterruptedException {
        Instant lastTick = clock.instant();
        while (true) {
            News item = news.poll(TICK_MS, TimeUnit.MILLISECONDS);
            while (item != null) {
                hear(item);
                item = news.poll();
            }
            Instant now = clock.instant();
            if (now.isBefore(lastTick) || now.isAfter(lastTick.plusMillis(TICK_MS))) {
                lastTick = now;
                fleet.tick(now);
            }
            decide(now);
            pace();
        }
    }

    /** Brings the view up to date. */
    void hear(News item) {
        Instant now = clock.instant();
        stirred |= stirs(item);
        switch (item) {
            case News.Queue queue -> {
                pending = queue.pending();
                // A look that began before jobs were tied shows them untied.
                fresh = queue.at().isAfter(boundAt);
                queue.nodes().ifPresent(nodes -> fleet.seen(nodes, queue.at()));
                hurry(queue.pending(), now.getEpochSecond());
            }
            case News.Leases leases -> {
                if (leases.all()) {
                    fleet.heardAll(leases.list(), now);
                } else {
                    fleet.heardChanges(leases.list(), now);
                }
            }
            case News.Bound bound -> {
                binding = false;
                boundAt = bound.at();
                fresh = false;
            }
            case News.NewLimits changed -> learn(changed.limits());
            case News.NewMembers changed -> {
                if (!changed.members().equals(members) && changed.members().epoch() >= members.epoch()) {
                    members = changed.members();
                    outside.members(members);
                }
            }
            case News.Tunnels tunnels -> fleet.carrying(tunnels.carrying(), tunnels.at());
            case News.Asked asked -> {
                fleet.asked(asked.lease(), asked.outcome(), now);
                // The queue has moved on: the next look decides.
                fresh &= asked.outcome() != Fleet.Outcome.MOOT;
            }
            case News.Dropped dropped -> fleet.dropped(dropped.lease(), dropped.outcome(), now);
            case News.Interrupted cut -> notices.interrupted(cut.jobs(), cut.reason());
            case News.Happened happened -> fleet.happened(happened.worker(), happened.event());
        }
        carryOut();
    }

    private static boolean stirs(News item) {
        return switch (item) {
            case News.Queue _, News.Tunnels _, News.NewLimits _, News.NewMembers _ -> false;
            case News.Leases leases -> leases.all() || !leases.list().leases().isEmpty();
            case News.Bound _, News.Asked _, News.Dropped _, News.Interrupted _, News.Happened _ -> true;
        };
    }

    private void learn(Limits limits) {
        fleet.nextLease(limits.nextLease());
        if (limits.isolation() != policy.limits().isolation()) {
            // Workers, mounts and the queue are as this CVM began: the site may not change it, and nothing here
            // follows.
            Log.say("the site's word of who shares a worker has changed; it is not followed");
            return;
        }
        Policy next = new Policy(limits, policy.bootMin(), policy.graceMin(), policy.patience());
        boolean changed = !next.sameRules(policy);
        policy = next;
        if (changed) {
            outside.limits(next);
        }
    }

    /** Compares what waits with what there is. Only a fresh look at the queue is a reason to change anything. */
    void decide(Instant now) {
        if (!fresh || binding || !fleet.heard()) {
            return;
        }
        Map<Long, Integer> numbers = new HashMap<>();
        members.members().forEach(member -> numbers.put((long) member.uid(), member.member()));
        List<Waiting> waiting = jobs.waiting(pending, numbers, policy, now);
        Plan plan = Demand.plan(waiting, fleet.slots(policy, now), policy, warmFor(now), now);
        fleet.follow(plan, now);
        carryOut();
        List<Feature> features = Feature.changes(policy.limits().isolation(), pending, plan);
        if (!features.isEmpty()) {
            binding = true;
            outside.bind(features);
        }
        List<Notices.Notice> changes = notices.changes(pending, waiting, plan, fleet::word, now);
        if (!changes.isEmpty()) {
            outside.tell(changes);
        }
    }

    /**
     * Says how closely the local Slurm is to be watched. What jobs do among workers that serve is Slurm's business; whatever else
     * was heard since the last time, and whatever awaits a look, is worth one.
     */
    void pace() {
        outside.watch(fleet.hasWorkers(), stirred || !fresh || binding || fleet.awaitsLook());
        stirred = false;
    }

    /** Workers that are kept for the next job are booked on the first member. */
    private OptionalInt warmFor(Instant now) {
        return jobs.warmNow(now)
                ? members.members().stream().mapToInt(Members.Member::member).min()
                : OptionalInt.empty();
    }

    private void hurry(List<PendingJob> queue, long now) {
        Set<Integer> waiting = new HashSet<>();
        for (PendingJob job : queue) {
            // One that is tied to its former workers is untied first.
            if (!job.waitsAfterRequeue() || job.gate().lease() != 0) {
                continue;
            }
            waiting.add(job.job());
            Long before = hurried.put(job.job(), job.eligibleAt());
            // Slurm may set its delay after we took it away. A later time is its owner's wish.
            boolean anew = before != null
                    && job.eligibleAt() > Math.max(before, now)
                    && job.eligibleAt() <= now + LONGEST_DELAY_SECONDS;
            if (before == null || anew) {
                outside.hurry(job.job());
            }
        }
        hurried.keySet().retainAll(waiting);
    }

    private void carryOut() {
        for (Act act : fleet.acts()) {
            switch (act) {
                case Act.SlowDown slow -> {
                    jobs.disappointed(slow.jobs(), clock.instant());
                    notices.disappointed(slow.jobs(), slow.reason());
                }
                case Act.ForWorker worker -> outside.act(act, details(worker));
                case Act.AskLease _, Act.DropLease _, Act.ForgetLease _, Act.LearnLimits _, Act.Sweep _ ->
                    outside.act(act, new Details(Optional.empty(), Optional.empty(), List.of(), ReasonCode.NONE));
            }
        }
        guests.keySet().removeIf(key -> fleet.life(key).isEmpty());
    }

    private Details details(Act.ForWorker act) {
        WorkerKey key = act.worker();
        switch (act.effect()) {
            case Effect.Join join -> guests.put(key, join.guest());
            case Effect.Reconnect reconnect -> guests.put(key, reconnect.guest());
            case Effect.Fence _, Effect.Greet _, Effect.Drain _, Effect.Resume _, Effect.Clear _ -> {}
        }
        Optional<Errands.About> about = fleet.shape(key)
                .map(shape -> new Errands.About(
                        key,
                        shape,
                        fleet.endsAt(key),
                        fleet.busy(key),
                        fleet.neighbours(key),
                        account(shape.member())));
        List<Account> accounts = members.members().stream()
                .map(member -> new Account(member.login(), member.uid()))
                .toList();
        ReasonCode reason = fleet.word(key.lease()).map(LeaseList.Lease::reason).orElse(ReasonCode.NONE);
        return new Details(about, Optional.ofNullable(guests.get(key)), accounts, reason);
    }

    private Optional<Account> account(int number) {
        return members.members().stream()
                .filter(member -> member.member() == number)
                .map(member -> new Account(member.login(), member.uid()))
                .findFirst();
    }
}
