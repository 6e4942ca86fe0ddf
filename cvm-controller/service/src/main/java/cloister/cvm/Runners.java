package cloister.cvm;

import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.ReasonCode;
import cloister.cvm.broker.Broker;
import cloister.cvm.broker.Reply;
import cloister.cvm.demand.Feature;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.fleet.Act;
import cloister.cvm.fleet.Fleet;
import cloister.cvm.fleet.LeaseBook;
import cloister.cvm.slurm.LocalSlurm;
import cloister.cvm.slurm.Node;
import cloister.cvm.slurm.Unreadable;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Event;
import cloister.cvm.worker.Parting;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Does what the controller decides, each on a thread of its own. What concerns one worker, or the broker's leases, is done in
 * the order in which it was decided.
 */
final class Runners implements Controller.Outside {
    /** More workers at once would only stand in each other's way on a small machine. */
    private static final int MOST_AT_ONCE = 8;

    /** Where the news of what was done goes. */
    interface Teller {
        void tell(News item) throws InterruptedException;
    }

    /** Changes of the machine that follow from the broker's word. */
    interface Machine {
        void limits(Policy policy) throws IOException, InterruptedException;

        void members(Members members) throws IOException, InterruptedException;
    }

    private interface Errand {
        void run() throws InterruptedException;
    }

    private static final long RETRY_MS = 5000;
    private static final String LEASES = "leases";
    private static final String MACHINE = "machine";

    private final Errands errands;
    private final LocalSlurm slurm;
    private final Broker broker;
    private final LeaseBook book;
    private final Stories stories;
    private final Machine machine;
    private final Teller teller;
    private final InstantSource clock;
    private final Semaphore places = new Semaphore(MOST_AT_ONCE);
    private final Executor threads = command -> Thread.ofVirtual().start(command);
    private final Map<Object, CompletableFuture<Boolean>> tails = new ConcurrentHashMap<>();
    private final Set<WorkerKey> abandoned = ConcurrentHashMap.newKeySet();
    private final Pace pace;

    Runners(
            Errands errands,
            LocalSlurm slurm,
            Broker broker,
            LeaseBook book,
            Stories stories,
            Machine machine,
            Teller teller,
            Pace pace,
            InstantSource clock) {
        this.errands = errands;
        this.slurm = slurm;
        this.broker = broker;
        this.book = book;
        this.stories = stories;
        this.machine = machine;
        this.teller = teller;
        this.pace = pace;
        this.clock = clock;
    }

    @Override
    public void watch(boolean nodes, boolean closely) {
        pace.nodes(nodes);
        if (closely) {
            pace.closely();
        }
    }

    @Override
    public void act(Act act, Controller.Details details) {
        switch (act) {
            case Act.AskLease ask -> after(LEASES, () -> ask(ask));
            case Act.DropLease drop -> after(LEASES, () -> drop(drop.lease()));
            case Act.ForgetLease forget -> after(LEASES, () -> forget(forget.lease()));
            case Act.LearnLimits _ -> after(LEASES, this::learnLimits);
            case Act.Sweep sweep -> after(sweep.worker(), () -> sweep(sweep.worker()));
            case Act.ForWorker worker -> forWorker(worker.worker(), worker.effect(), details);
            case Act.SlowDown _ -> throw new IllegalStateException("the controller slows down itself");
        }
    }

    @Override
    public void tell(List<Notices.Notice> notices) {
        after(MACHINE, () -> {
            try {
                say(notices);
            } catch (IOException e) {
                Log.say("jobs' owners are not told why they wait: " + e.getMessage());
            }
        });
    }

    /** One command for all jobs that are told the same: each costs a program. */
    private void say(List<Notices.Notice> notices) throws IOException, InterruptedException {
        Map<String, List<Integer>> jobs = new LinkedHashMap<>();
        notices.forEach(notice ->
                jobs.computeIfAbsent(notice.text(), _ -> new ArrayList<>()).add(notice.job()));
        for (Map.Entry<String, List<Integer>> same : jobs.entrySet()) {
            // False where one of them is over: its story is still there to be read.
            slurm.tell(same.getValue(), same.getKey());
        }
        for (Notices.Notice notice : notices) {
            stories.tell(notice, clock.instant());
        }
    }

    @Override
    public void bind(List<Feature> features) {
        after(MACHINE, () -> {
            for (Feature feature : features) {
                attempt("a job is not tied to its workers", () -> {
                    if (!slurm.bind(feature)) {
                        throw new IOException("Slurm refused");
                    }
                });
            }
            teller.tell(new News.Bound(clock.instant()));
        });
    }

    @Override
    public void hurry(int job) {
        after(MACHINE, () -> {
            try {
                if (!slurm.startNow(job)) {
                    Log.say("a requeued job keeps its delay");
                }
            } catch (IOException e) {
                Log.say("a requeued job may keep its delay: " + e.getMessage());
            }
        });
    }

    @Override
    public void limits(Policy policy) {
        after(MACHINE, () -> {
            try {
                machine.limits(policy);
            } catch (IOException e) {
                Log.say("the site's new limits are not in the local Slurm yet: " + e.getMessage());
            }
        });
    }

    @Override
    public void members(Members members) {
        after(MACHINE, () -> {
            try {
                machine.members(members);
            } catch (IOException e) {
                Log.say("the project's new members have no accounts yet: " + e.getMessage());
            }
        });
    }

    private void ask(Act.AskLease ask) throws InterruptedException {
        Fleet.Outcome outcome;
        try {
            if (moot(ask)) {
                teller.tell(new News.Asked(ask.lease(), Fleet.Outcome.MOOT));
                return;
            }
            book.keep(ask.lease(), ask.request());
            Log.say("lease " + ask.lease() + " is asked for: " + ask.request().workers() + " x "
                    + ask.request().cpus() + " CPUs, " + ask.request().memMiB() + " MiB, "
                    + ask.request().termMin() + " min");
            outcome = outcome(broker.ask(ask.lease(), ask.request()), "lease " + ask.lease());
        } catch (IOException e) {
            // Without its record on the drive it was not asked for.
            Log.say("lease " + ask.lease() + " cannot be recorded: " + e.getMessage());
            outcome = Fleet.Outcome.UNKNOWN;
        }
        teller.tell(new News.Asked(ask.lease(), outcome));
    }

    private boolean moot(Act.AskLease ask) throws InterruptedException {
        if (ask.onlyFor().isEmpty() || ask.onlyFor().contains(JobKey.warm())) {
            return false;
        }
        try {
            return slurm.pending().stream()
                    .map(job -> new JobKey(job.job(), job.submitted(), job.restarts()))
                    .noneMatch(ask.onlyFor()::contains);
        } catch (IOException | Unreadable e) {
            // What is not known is no reason to keep a job waiting.
            Log.say("the local Slurm cannot be read: " + e.getMessage());
            return false;
        }
    }

    private void drop(int lease) throws InterruptedException {
        Log.say("lease " + lease + " is given back");
        teller.tell(new News.Dropped(lease, outcome(broker.giveBack(lease), "the return of lease " + lease)));
    }

    private void forget(int lease) {
        try {
            book.forget(lease);
        } catch (IOException e) {
            // It is found again at the next start, and the broker says then that it is over.
            Log.say("the record of lease " + lease + " stays: " + e.getMessage());
        }
    }

    private void learnLimits() throws InterruptedException {
        Reply<Limits> reply = broker.limits();
        while (!(reply instanceof Reply.Known<Limits>)) {
            Thread.sleep(RETRY_MS);
            reply = broker.limits();
        }
        if (reply instanceof Reply.Known<Limits> known) {
            teller.tell(new News.NewLimits(known.value()));
        }
    }

    private static Fleet.Outcome outcome(Reply<Broker.Done> reply, String what) {
        return switch (reply) {
            case Reply.Known<Broker.Done> _ -> Fleet.Outcome.DONE;
            case Reply.Refused<Broker.Done> refused -> {
                Log.say(what + " was refused with status " + refused.status());
                yield Fleet.Outcome.REFUSED;
            }
            case Reply.Unknown<Broker.Done> unknown -> {
                Log.say(what + " is in doubt: " + unknown.why());
                yield Fleet.Outcome.UNKNOWN;
            }
        };
    }

    private void sweep(WorkerKey worker) throws InterruptedException {
        Log.say(worker.node() + " belongs to no lease and is swept away");
        attempt(worker + " is still there", () -> errands.sweep(worker));
    }

    private void forWorker(WorkerKey worker, Effect effect, Controller.Details details) {
        switch (effect) {
            case Effect.Join _ -> abandoned.remove(worker);
            case Effect.Clear _ -> abandoned.add(worker);
            case Effect.Fence _, Effect.Greet _, Effect.Reconnect _, Effect.Drain _, Effect.Resume _ -> {}
        }
        after(worker, () -> carryOut(worker, effect, details));
    }

    private void carryOut(WorkerKey worker, Effect effect, Controller.Details details) throws InterruptedException {
        String node = worker.node();
        Errands.About about = details.about().orElseThrow(() -> new IllegalStateException("a worker has a lease"));
        switch (effect) {
            case Effect.Join join -> {
                Log.say(node + " is joined");
                boolean done = attempt(
                        node + " is not joined",
                        () -> errands.join(about, join.guest(), details.accounts(), () -> !abandoned.contains(worker)));
                tell(worker, done ? new Event.Joined(clock.instant()) : new Event.NotJoined(clock.instant()));
            }
            case Effect.Fence fence -> {
                if (fence.sooner()) {
                    attempt(
                            "who works on " + node + " is not told that it ends sooner",
                            () -> forewarn(worker, about, details.reason()));
                }
                attempt(node + " has no fence", () -> {
                    if (!errands.fence(about)) {
                        throw new IOException("Slurm refused");
                    }
                });
            }
            case Effect.Greet greet -> attempt(node + " does not hear us", () -> errands.greet(worker, greet.guest()));
            case Effect.Reconnect reconnect ->
                attempt(node + " is cut off", () -> errands.reconnect(worker, reconnect.guest()));
            case Effect.Drain _ -> attempt(node + " does not drain", () -> drain(worker));
            case Effect.Resume _ -> attempt(node + " does not resume", () -> slurm.resume(worker));
            case Effect.Clear clear -> {
                Log.say(node + " goes: " + clear.parting());
                if (clear.parting() != Parting.RETURNED) {
                    attempt("not known what ran on " + node, () -> interrupted(worker, details.reason()));
                }
                boolean done =
                        attempt(node + " is not cleared", () -> errands.clear(about, details.guest(), clear.parting()));
                tell(worker, done ? new Event.Cleared(clock.instant()) : new Event.NotCleared(clock.instant()));
            }
        }
    }

    private void forewarn(WorkerKey worker, Errands.About about, ReasonCode reason)
            throws IOException, InterruptedException {
        Instant end = about.endsAt().orElseThrow(() -> new IllegalStateException("what ends sooner has an end"));
        say(slurm.runningOn(worker).stream()
                .map(job -> new Notices.Notice(job, Notices.sooner(end, reason)))
                .toList());
    }

    private void interrupted(WorkerKey worker, ReasonCode reason) throws IOException, InterruptedException {
        List<Integer> jobs = slurm.runningOn(worker);
        if (!jobs.isEmpty()) {
            teller.tell(new News.Interrupted(jobs, reason));
        }
    }

    /** Drains and looks at once whether a job slipped in before. */
    private void drain(WorkerKey worker) throws IOException, InterruptedException, Unreadable {
        slurm.drain(worker);
        Instant at = clock.instant();
        for (Node node : slurm.nodes()) {
            if (node.worker().equals(worker)) {
                tell(worker, new Event.Seen(node.state(), at));
            }
        }
    }

    private void tell(WorkerKey worker, Event event) throws InterruptedException {
        teller.tell(new News.Happened(worker, event));
    }

    private interface Attempt {
        void run() throws Exception;
    }

    /** Whether it went well; what is wrong is said, and the fleet decides what follows. */
    private static boolean attempt(String otherwise, Attempt attempt) throws InterruptedException {
        try {
            attempt.run();
            return true;
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            Log.say(otherwise + ": " + e.getClass().getSimpleName() + ": " + e.getMessage());
            return false;
        }
    }

    /** Runs an errand when all earlier ones of the same queue are done. */
    private void after(Object queue, Errand errand) {
        Runnable whole = () -> {
            try {
                if (!(queue instanceof WorkerKey)) {
                    errand.run();
                    return;
                }
                places.acquire();
                try {
                    errand.run();
                } finally {
                    places.release();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        CompletableFuture<Boolean> done = new CompletableFuture<>();
        CompletableFuture<Boolean> before = tails.put(queue, done);
        threads.execute(() -> {
            try {
                if (before != null) {
                    before.join();
                }
                whole.run();
            } finally {
                tails.remove(queue, done);
                done.complete(true);
            }
        });
    }
}
