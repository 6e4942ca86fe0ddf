package cloister.cvm;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.broker.GpuKind;
import cloister.broker.LeaseList;
import cloister.broker.LeaseRequest;
import cloister.broker.Limits;
import cloister.broker.Members;
import cloister.broker.ReasonCode;
import cloister.broker.UsageReport;
import cloister.control.Account;
import cloister.cvm.broker.Broker;
import cloister.cvm.broker.Reply;
import cloister.cvm.demand.JobKey;
import cloister.cvm.demand.Policy;
import cloister.cvm.demand.WorkerKey;
import cloister.cvm.fleet.Act;
import cloister.cvm.fleet.Fleet;
import cloister.cvm.fleet.LeaseBook;
import cloister.cvm.slurm.LocalSlurm;
import cloister.cvm.worker.Effect;
import cloister.cvm.worker.Event;
import cloister.cvm.worker.Guest;
import cloister.cvm.worker.Parting;
import cloister.guest.Command;
import cloister.guest.Commands;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunnersTest {
    private static final WorkerKey WORKER = new WorkerKey(1, 1);
    private static final Guest GUEST = new Guest("10.77.1.16", "key");
    private static final LeaseRequest REQUEST = new LeaseRequest(1, 1, 1, 1024, GpuKind.NONE, 0, 0, 30, false);
    private static final Controller.Details DETAILS = new Controller.Details(
            Optional.of(
                    new Errands.About(WORKER, REQUEST, Optional.empty(), Duration.ZERO, Map.of(), Optional.empty())),
            Optional.of(GUEST),
            List.of(),
            ReasonCode.NONE);

    private final Path folder;
    private final BlockingQueue<News> news = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> done = new LinkedBlockingQueue<>();
    private final CountDownLatch joining = new CountDownLatch(1);
    private Reply<Broker.Done> answer = new Reply.Known<>(new Broker.Done());
    private boolean clearFails;
    private String running = "";
    private final Runners runners;

    RunnersTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        this.runners = runners();
    }

    private Runners runners() throws IOException {
        return new Runners(
                new Played(),
                new LocalSlurm(this::slurm, Duration.ofSeconds(1)),
                new PlayedBroker(),
                new LeaseBook(folder.resolve("leases")),
                new Stories(folder.resolve("why")),
                new NoMachine(),
                news::put,
                new Pace(Duration.ofSeconds(1), Duration.ofSeconds(5)),
                () -> Instant.EPOCH);
    }

    /** No job waits. */
    private Commands.Outcome slurm(Command command) {
        List<String> words = command.arguments();
        if (words.contains("--states=RUNNING")) {
            return new Commands.Outcome.Finished(0, running, "");
        }
        if (words.contains("update")) {
            done.add(String.join(" ", words));
        }
        return new Commands.Outcome.Finished(0, "{\"jobs\": [], \"errors\": []}", "");
    }

    private final class Played implements Errands {
        @Override
        public void join(About about, Guest guest, List<Account> accounts, BooleanSupplier wanted)
                throws IOException, InterruptedException {
            joining.countDown();
            while (wanted.getAsBoolean()) {
                Thread.sleep(5);
            }
            done.add("join given up");
            throw new IOException("no longer wanted");
        }

        @Override
        public void greet(WorkerKey worker, Guest guest) {
            done.add("greet");
        }

        @Override
        public void reconnect(WorkerKey worker, Guest guest) {
            done.add("reconnect");
        }

        @Override
        public boolean fence(About about) {
            done.add("fence");
            return true;
        }

        @Override
        public void clear(About about, Optional<Guest> guest, Parting parting) throws IOException {
            done.add("clear");
            if (clearFails) {
                throw new IOException("something is left");
            }
        }

        @Override
        public void sweep(WorkerKey worker) {
            done.add("sweep");
        }
    }

    private static final class NoMachine implements Runners.Machine {
        @Override
        public void limits(Policy policy) {
            throw new IllegalStateException("nobody changed the limits");
        }

        @Override
        public void members(Members members) {
            throw new IllegalStateException("nobody changed the members");
        }
    }

    private final class PlayedBroker implements Broker {
        @Override
        public Reply<Limits> limits() {
            return new Reply.Unknown<>("not played");
        }

        @Override
        public Reply<Members> members() {
            return new Reply.Unknown<>("not played");
        }

        @Override
        public Reply<LeaseList> leases(long since, Duration wait) {
            return new Reply.Unknown<>("not played");
        }

        @Override
        public Reply<Done> ask(int lease, LeaseRequest request) {
            try {
                // What is asked for must be on the drive before.
                done.add("asked, kept "
                        + new LeaseBook(folder.resolve("leases")).kept().size());
            } catch (IOException e) {
                done.add("asked, and nothing can be read");
            }
            return answer;
        }

        @Override
        public Reply<Done> giveBack(int lease) {
            return answer;
        }

        @Override
        public Reply<Done> giveBack(int lease, int worker) {
            return answer;
        }

        @Override
        public Reply<Done> report(int lease, UsageReport usage) {
            return answer;
        }
    }

    private <T> T next(BlockingQueue<T> queue) throws InterruptedException {
        return Objects.requireNonNull(queue.poll(20, TimeUnit.SECONDS), "nothing came");
    }

    @Test
    void a_request_is_on_the_drive_before_the_broker_is_asked() throws InterruptedException {
        runners.act(new Act.AskLease(7, REQUEST, List.of()), DETAILS);

        assertThat(next(done)).isEqualTo("asked, kept 1");
        assertThat(next(news)).isEqualTo(new News.Asked(7, Fleet.Outcome.DONE));
    }

    @Test
    void nothing_is_asked_for_jobs_that_have_started_meanwhile() throws InterruptedException {
        runners.act(new Act.AskLease(7, REQUEST, List.of(new JobKey(1, 1000, 0))), DETAILS);

        assertThat(next(news)).isEqualTo(new News.Asked(7, Fleet.Outcome.MOOT));
        assertThat(done).isEmpty();
    }

    @Test
    void each_answer_of_the_broker_is_told_as_what_it_is() throws InterruptedException {
        answer = new Reply.Unknown<>("no answer in time");
        runners.act(new Act.AskLease(7, REQUEST, List.of()), DETAILS);
        assertThat(next(news)).isEqualTo(new News.Asked(7, Fleet.Outcome.UNKNOWN));

        answer = new Reply.Refused<>(422);
        runners.act(new Act.DropLease(7), DETAILS);
        assertThat(next(news)).isEqualTo(new News.Dropped(7, Fleet.Outcome.REFUSED));
    }

    @Test
    void a_worker_that_is_to_be_cleared_is_not_joined_to_the_end() throws InterruptedException {
        runners.act(new Act.ForWorker(WORKER, new Effect.Join(GUEST)), DETAILS);
        assertThat(joining.await(20, TimeUnit.SECONDS)).isTrue();
        runners.act(new Act.ForWorker(WORKER, new Effect.Clear(Parting.GIVEN_UP)), DETAILS);

        assertThat(next(done)).isEqualTo("join given up");
        assertThat(next(done)).isEqualTo("clear");
        assertThat(next(news)).isEqualTo(new News.Happened(WORKER, new Event.NotJoined(Instant.EPOCH)));
        assertThat(next(news)).isEqualTo(new News.Happened(WORKER, new Event.Cleared(Instant.EPOCH)));
    }

    @Test
    void what_is_decided_for_one_worker_is_done_in_that_order() throws InterruptedException {
        for (int i = 0; i < 20; i++) {
            runners.act(new Act.ForWorker(WORKER, new Effect.Fence(false)), DETAILS);
            runners.act(new Act.ForWorker(WORKER, new Effect.Reconnect(GUEST)), DETAILS);
        }
        for (int i = 0; i < 20; i++) {
            assertThat(next(done)).isEqualTo("fence");
            assertThat(next(done)).isEqualTo("reconnect");
        }
    }

    @Test
    void who_works_on_a_worker_that_ends_sooner_is_told_when_and_why() throws InterruptedException {
        Errands.About about = new Errands.About(
                WORKER,
                REQUEST,
                Optional.of(Instant.parse("2026-01-01T12:00:30Z")),
                Duration.ZERO,
                Map.of(),
                Optional.empty());
        Controller.Details sooner =
                new Controller.Details(Optional.of(about), Optional.of(GUEST), List.of(), ReasonCode.PREEMPTED);
        running = "41\n42\n";
        runners.act(new Act.ForWorker(WORKER, new Effect.Fence(true)), sooner);
        String words =
                "cloister: its workers are taken away at 2026-01-01 12:00:30 UTC: preempted by a job of higher priority";
        assertThat(next(done)).isEqualTo("scontrol update jobid=41,42 admincomment=" + words);
        assertThat(next(done)).isEqualTo("fence");

        runners.act(new Act.ForWorker(WORKER, new Effect.Fence(false)), sooner);
        assertThat(next(done)).as("at the beginning, and for a later end").isEqualTo("fence");
        assertThat(Notices.sooner(Instant.EPOCH, ReasonCode.NONE))
                .endsWith("UTC: the cluster has shortened their time");
    }

    @Test
    void an_errand_that_fails_is_told_so_that_it_can_be_run_again() throws InterruptedException {
        clearFails = true;
        runners.act(new Act.ForWorker(WORKER, new Effect.Clear(Parting.RETURNED)), DETAILS);

        assertThat(next(news)).isEqualTo(new News.Happened(WORKER, new Event.NotCleared(Instant.EPOCH)));
    }
}
