package cloister.worker;

import cloister.control.Answer;
import cloister.control.Join;
import cloister.control.RefusalCode;
import cloister.control.Request;
import cloister.control.Status;
import cloister.control.Trouble;
import cloister.vpn.CertificateRequest;
import cloister.vpn.identity.MachineKey;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker's life being lived: requests and time go in as events, effects are done one after the other by a thread of their
 * own, and what came of them is an event again.
 */
final class Worker implements AutoCloseable {
    /** Effects that wait: the stages come one by one, so only a CVM that joins again and again could fill it. */
    private static final int LONGEST_QUEUE = 16;

    private static final Duration BEFORE_AGAIN = Duration.ofSeconds(1);

    /** Who the worker is to its CVM, and how it looks at itself. */
    record Self(Named identity, Machine machine, Vpn vpn) {}

    private final MachineKey key;
    private final Self self;
    private final Hands hands;
    private final Consumer<String> log;
    private final ThreadPoolExecutor doing = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(LONGEST_QUEUE),
            task -> Thread.ofPlatform().daemon().name("worker-hands").unstarted(task));
    private final AtomicBoolean turningOff = new AtomicBoolean();
    private Life life;
    private @Nullable Future<?> current;
    private int newestRound;

    Worker(MachineKey key, Self self, Hands hands, Instant endsAt, Consumer<String> log) throws IOException {
        this.key = key;
        this.self = self;
        this.hands = hands;
        this.log = log;
        this.life = new Life.Waiting(new Life.Watch(self.machine().uptime(), endsAt));
    }

    /** Goes on with a join that an earlier run of the controller was given. */
    void resume(Join join) throws IOException {
        happens(new Life.Event.Admitted(join, self.machine().uptime()));
    }

    /** Goes on leaving, as an earlier run of the controller was told to. */
    void resumeLeaving() throws IOException {
        happens(new Life.Event.LeaveAsked(self.machine().uptime()));
    }

    synchronized Life life() {
        return life;
    }

    /** Answers a request. It waits for nothing but the kernel, and charon's own word on its tunnel. */
    Answer answer(Request request) {
        try {
            Duration uptime = self.machine().uptime();
            happens(new Life.Event.Heard(uptime));
            return switch (request) {
                case Request.Csr _ -> csr();
                case Request.Admit(Join join) -> admit(join, uptime);
                case Request.Extend(long endsAt) -> extend(endsAt);
                case Request.Status _ -> new Answer.Stands(status(uptime));
                case Request.Usage _ -> new Answer.Used(self.machine().usage());
                case Request.Leave _ -> {
                    happens(new Life.Event.LeaveAsked(uptime));
                    yield new Answer.Accepted();
                }
            };
        } catch (IOException e) {
            log.accept("could not answer: " + e.getMessage());
            return new Answer.Refused(RefusalCode.BUSY);
        }
    }

    private Answer csr() {
        byte[] request = CertificateRequest.create(key, self.identity().id());
        return new Answer.Certified(Base64.getEncoder().encodeToString(request));
    }

    private synchronized Answer admit(Join join, Duration uptime) throws IOException {
        if (!self.identity().isOf(join)) {
            return new Answer.Refused(RefusalCode.NOT_THIS_WORKER);
        }
        Optional<RefusalCode> refusal = Life.refusal(life, join);
        if (refusal.isPresent()) {
            return new Answer.Refused(refusal.get());
        }
        if (doing.getQueue().remainingCapacity() < LONGEST_QUEUE / 2) {
            return new Answer.Refused(RefusalCode.BUSY);
        }
        happens(new Life.Event.Admitted(join, uptime));
        return new Answer.Accepted();
    }

    private synchronized Answer extend(long endsAt) throws IOException {
        return switch (life) {
            case Life.Waiting _ -> new Answer.Refused(RefusalCode.NOT_JOINED);
            case Life.Leaving _, Life.Off _ -> new Answer.Refused(RefusalCode.LEAVING);
            case Life.Joining _, Life.Serving _ -> {
                happens(new Life.Event.Extended(Instant.ofEpochSecond(endsAt)));
                yield new Answer.Accepted();
            }
        };
    }

    private Status status(Duration uptime) throws IOException {
        Life now = life();
        boolean tunnel = now instanceof Life.Serving
                || (now instanceof Life.Joining joining && joining.at().compareTo(Stage.TUNNEL) > 0);
        Machine machine = self.machine();
        return new Status(
                now instanceof Life.Serving,
                tunnel,
                machine.home().isPresent(),
                machine.mounted("/scratch"),
                machine.listens(GuestHands.SLURMD_PORT),
                uptime.toSeconds(),
                now instanceof Life.Joining joining ? joining.trouble() : Trouble.NONE);
    }

    /** Looks at what can end or disturb the worker without anyone's word. To be called every few seconds. */
    void look() throws IOException {
        Machine machine = self.machine();
        happens(new Life.Event.Tick(machine.uptime(), Instant.now(), machine.busy()));
        boolean tunnelLoaded = life() instanceof Life.Serving
                || (life() instanceof Life.Joining joining && joining.at().compareTo(Stage.VPN) > 0);
        if (tunnelLoaded && !knowsTunnel()) {
            happens(new Life.Event.TunnelForgotten());
        }
    }

    private boolean knowsTunnel() {
        try {
            return self.vpn().knows(GuestHands.TUNNEL);
        } catch (IOException e) {
            // A charon that doesn't answer is a charon that knows nothing: the stage that loads it waits for the next
            // one.
            log.accept("charon does not answer: " + e.getMessage());
            return false;
        }
    }

    private synchronized void happens(Life.Event event) throws IOException {
        Life before = life;
        Life.Step step = Life.on(life, event);
        for (Life.Effect effect : step.effects()) {
            // Kept before it becomes true, so that a restart finds it.
            if (effect instanceof Life.Effect.Keep(Join join)) {
                hands.keep(join);
            }
        }
        life = step.next();
        told(before, life);
        step.effects().forEach(this::begin);
    }

    private void told(Life before, Life after) {
        String was = name(before);
        String is = name(after);
        if (!was.equals(is)) {
            log.accept(is);
        }
    }

    private static String name(Life life) {
        return switch (life) {
            case Life.Waiting _ -> "waiting for the join";
            case Life.Joining joining ->
                "joining: " + joining.at() + (joining.trouble() == Trouble.NONE ? "" : " again");
            case Life.Serving _ -> "serving";
            case Life.Leaving _ -> "leaving";
            case Life.Off _ -> "turning off";
        };
    }

    private void begin(Life.Effect effect) {
        switch (effect) {
            case Life.Effect.Keep _ -> {}
            case Life.Effect.Do(Stage stage, Join join, int round) -> {
                if (round != newestRound) {
                    // What is under way is of a way that is given up; it may be waiting for long.
                    dropCurrent();
                    newestRound = round;
                }
                current = doing.submit(() -> stage(stage, join, round, false));
            }
            case Life.Effect.Again(Stage stage, Join join, int round) ->
                current = doing.submit(() -> stage(stage, join, round, true));
            case Life.Effect.Stop _ -> {
                dropCurrent();
                current = doing.submit(this::stop);
            }
            case Life.Effect.PowerOff(Life.Why why) -> {
                dropCurrent();
                if (turningOff.compareAndSet(false, true)) {
                    Thread.ofPlatform().daemon().name("worker-power").start(() -> powerOff(why));
                }
            }
        }
    }

    private void dropCurrent() {
        doing.getQueue().clear();
        Future<?> running = current;
        if (running != null) {
            running.cancel(true);
        }
    }

    private void stage(Stage stage, Join join, int round, boolean again) {
        try {
            if (again) {
                Thread.sleep(BEFORE_AGAIN);
            }
            hands.join(stage, join);
            happens(new Life.Event.Done(stage, round));
        } catch (IOException | RuntimeException e) {
            log.accept(stage + " failed: " + e.getMessage());
            report(new Life.Event.Failed(stage, round));
        } catch (InterruptedException e) {
            // The worker is leaving: this stage is wanted no more.
            Thread.currentThread().interrupt();
        }
    }

    private void stop() {
        try {
            hands.stop();
        } catch (IOException | RuntimeException e) {
            log.accept("did not stop cleanly: " + e.getMessage());
        } catch (InterruptedException e) {
            // The machine is being turned off already.
            Thread.currentThread().interrupt();
        }
        report(new Life.Event.Stopped());
    }

    private void powerOff(Life.Why why) {
        log.accept("turning the machine off: " + why);
        try {
            hands.powerOff(why);
        } catch (IOException | InterruptedException | RuntimeException e) {
            // The next one to end this machine is the backend, then the Epilog, then the host's sweep.
            log.accept("the machine does not turn off: " + e.getMessage());
        } finally {
            turningOff.set(false);
        }
    }

    private void report(Life.Event event) {
        try {
            happens(event);
        } catch (IOException e) {
            throw new IllegalStateException("what failed or stopped has nothing to keep", e);
        }
    }

    @Override
    public void close() {
        doing.shutdownNow();
    }
}
