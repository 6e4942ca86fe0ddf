package cloister.backend.machine;

import static cloister.backend.machine.ScriptedHypervisor.say;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.machine.Machines.Start;
import cloister.backend.machine.Machines.Stop;
import cloister.backend.machine.Machines.Survey;
import cloister.isolation.Range;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostedMachinesTest {
    private static final String NAME = "cloister-p1-w7-2";
    private static final Machine.Worker WORKER = Samples.worker();

    private final ScriptedHypervisor host = new ScriptedHypervisor("vmhost2");
    private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final List<MachineEnding> endings = new ArrayList<>();
    private boolean noteTaker = true;
    private int listenersThatFail;
    private HostedMachines machines = backend();

    /** A backend that has just been started: it knows nothing. */
    private HostedMachines backend() {
        Conversations conversations = new Conversations(
                new BootWords(Samples.broker(), Range.parse("10.77.0.0/16"), 24),
                Duration.ofMillis(100),
                10,
                InstantSource.fixed(Samples.NOW),
                new Conversations.Events() {
                    @Override
                    public void heard(MachineHeard heard) {
                        if (listenersThatFail-- > 0) {
                            throw new IllegalStateException("the database is away");
                        }
                        events.add(heard);
                    }

                    @Override
                    public void alarm(MachineAlarm alarm) {
                        events.add(alarm);
                    }
                });
        return new HostedMachines(name -> host, Samples.settings(), Samples.broker(), conversations, ending -> {
            if (!noteTaker) {
                throw new IllegalStateException("the database is away");
            }
            endings.add(ending);
        });
    }

    @AfterEach
    void close() {
        machines.close();
    }

    @Test
    void a_start_makes_the_volume_then_the_domain() {
        assertThat(machines.start(WORKER)).isEqualTo(new Start.Started());
        assertThat(host.done).containsExactly("volume " + NAME + " 2048", "create " + NAME);
    }

    @Test
    void starting_a_machine_that_lives_changes_nothing() {
        machines.start(WORKER);
        host.done.clear();
        assertThat(machines.start(WORKER)).isEqualTo(new Start.Started());
        assertThat(host.done).isEmpty();
    }

    @Test
    void a_machine_of_another_attempt_is_not_taken_for_the_wanted_one() {
        machines.start(WORKER);
        host.done.clear();
        assertThat(machines.start(Samples.worker(2))).isInstanceOf(Start.Refused.class);
        assertThat(host.done).isEmpty();
    }

    @Test
    void a_refused_start_leaves_no_volume() {
        host.refuse("cloister: the ruleset does not load");
        assertThat(machines.start(WORKER)).isEqualTo(new Start.Refused("cloister: the ruleset does not load"));
        assertThat(host.volumes).isEmpty();
        assertThat(host.domains).isEmpty();
    }

    @Test
    void a_start_whose_answer_was_lost_is_unknown_and_found_by_the_next() {
        host.losesTheAnswerToCreate();
        assertThat(machines.start(WORKER)).isInstanceOf(Start.Unknown.class);
        host.done.clear();
        assertThat(machines.start(WORKER)).isEqualTo(new Start.Started());
        assertThat(host.done).isEmpty();
    }

    @Test
    void a_silent_host_makes_everything_unknown_and_nothing_gone() {
        machines.start(WORKER);
        host.silent(true);
        assertThat(machines.start(WORKER)).isInstanceOf(Start.Unknown.class);
        assertThat(machines.destroy("vmhost2", WORKER.id())).isInstanceOf(Stop.Unknown.class);
        assertThat(machines.survey("vmhost2")).isInstanceOf(Survey.Unreachable.class);
    }

    @Test
    void an_end_takes_domain_and_volume_and_can_be_repeated() {
        machines.start(WORKER);
        assertThat(machines.destroy("vmhost2", WORKER.id())).isEqualTo(new Stop.Gone());
        assertThat(host.domains).isEmpty();
        assertThat(host.volumes).isEmpty();
        assertThat(machines.destroy("vmhost2", WORKER.id())).isEqualTo(new Stop.Gone());
    }

    @Test
    void a_volume_that_a_dead_machine_left_goes_too() {
        host.volumes.add(NAME);
        assertThat(machines.destroy("vmhost2", WORKER.id())).isEqualTo(new Stop.Gone());
        assertThat(host.volumes).isEmpty();
    }

    @Test
    void the_last_figures_of_a_machine_are_told_before_it_ends() {
        machines.start(WORKER);
        host.loads.put(NAME, new Hypervisor.Load(5_000_000_000L, 65_536));
        MachineUsage usage = new MachineUsage(
                WORKER.id(),
                WORKER.attempt(),
                WORKER.job(),
                WORKER.submitted().truncatedTo(ChronoUnit.SECONDS),
                5_000_000_000L,
                65_536);
        assertThat(machines.measure(WORKER.host())).isEqualTo(new Machines.Measurement.Seen(List.of(usage)));

        assertThat(machines.destroy(WORKER.host(), WORKER.id())).isEqualTo(new Stop.Gone());
        assertThat(endings).containsExactly(new MachineEnding(usage));
        assertThat(machines.destroy(WORKER.host(), WORKER.id())).isEqualTo(new Stop.Gone());
        assertThat(endings).as("once").hasSize(1);
        host.silent(true);
        assertThat(machines.measure(WORKER.host())).isInstanceOf(Machines.Measurement.Unreachable.class);
    }

    @Test
    void a_machine_ends_though_its_last_figures_are_taken_by_nobody() {
        machines.start(WORKER);
        host.loads.put(NAME, new Hypervisor.Load(1, 1));
        noteTaker = false;
        assertThat(machines.destroy(WORKER.host(), WORKER.id())).isEqualTo(new Stop.Gone());
        assertThat(host.domains).isEmpty();
    }

    @Test
    void a_domain_without_our_mark_is_neither_started_over_nor_ended_nor_listed() {
        host.domains.put(NAME, Optional.empty());
        host.domains.put("somebody-elses", Optional.empty());
        assertThat(machines.start(WORKER)).isInstanceOf(Start.Refused.class);
        assertThat(machines.destroy("vmhost2", WORKER.id())).isInstanceOf(Stop.Unknown.class);
        assertThat(machines.survey("vmhost2")).isEqualTo(new Survey.Seen(java.util.List.of()));
        assertThat(host.done).isEmpty();
    }

    @Test
    void a_host_that_cannot_be_named_is_refused() {
        assertThat(machines.destroy("vmhost2?no_verify=1", WORKER.id())).isInstanceOf(Stop.Unknown.class);
        assertThat(machines.survey("vmhost2/x")).isInstanceOf(Survey.Unreachable.class);
    }

    @Test
    void a_guest_that_is_ready_hears_who_it_is_and_its_hello_is_told() throws InterruptedException {
        machines.start(WORKER);
        Inbox guest = host.nextOpened();
        say(guest, "ready");
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        assertThat(next()).isEqualTo(new MachineHeard(WORKER.id(), Samples.KEY, null, 3));
    }

    @Test
    void a_guest_that_was_created_now_is_not_spoken_to_before_it_is_ready() throws InterruptedException {
        machines.start(WORKER);
        host.nextOpened();
        assertThat(host.lines.poll(500, TimeUnit.MILLISECONDS)).isNull();
    }

    @Test
    void a_restarted_backend_asks_a_guest_that_said_ready_long_ago() throws InterruptedException {
        machines.start(WORKER);
        host.nextOpened();
        machines.close();
        machines = backend();
        assertThat(machines.start(WORKER)).isEqualTo(new Start.Started());
        Inbox guest = host.nextOpened();
        say(guest, "spki\":\"cut in the middle\"}");
        say(guest, BootWordsTest.hello("f".repeat(32), Samples.KEY, ""));
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        assertThat(next()).isEqualTo(new MachineHeard(WORKER.id(), Samples.KEY, null, 3));
    }

    @Test
    void the_same_key_again_is_a_repeat_and_another_key_ends_the_machine() throws InterruptedException {
        machines.start(WORKER);
        Inbox guest = host.nextOpened();
        say(guest, "ready");
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        assertThat(next()).isInstanceOf(MachineHeard.class);
        say(guest, "ready");
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        assertThat(next()).isInstanceOf(MachineHeard.class);
        say(guest, "ready");
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.freshKey(), ""));
        assertThat(next()).isEqualTo(new MachineAlarm(WORKER.id(), "a second hello with another key"));
        assertThat(host.domains).isEmpty();
        assertThat(host.volumes).isEmpty();
    }

    @Test
    void a_guest_that_says_anything_else_is_ended() throws InterruptedException {
        machines.start(WORKER);
        say(host.nextOpened(), "{\"text\":\"out\"}");
        assertThat(next()).isEqualTo(new MachineAlarm(WORKER.id(), "a line that is no hello"));
        assertThat(host.domains).isEmpty();
    }

    @Test
    void a_hello_that_nobody_could_take_is_asked_for_again() throws InterruptedException {
        listenersThatFail = 1;
        machines.start(WORKER);
        Inbox guest = host.nextOpened();
        say(guest, "ready");
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        assertThat(next()).isInstanceOf(MachineHeard.class);
    }

    @Test
    void a_channel_that_breaks_before_the_hello_is_opened_again() throws InterruptedException {
        machines.start(WORKER);
        host.nextOpened().end();
        Inbox guest = host.nextOpened();
        say(guest, "ready");
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        assertThat(next()).isInstanceOf(MachineHeard.class);
    }

    @Test
    void starting_a_machine_that_was_heard_tells_its_hello_again() throws InterruptedException {
        machines.start(WORKER);
        Inbox guest = host.nextOpened();
        say(guest, "ready");
        say(guest, BootWordsTest.hello(host.nextNonce(), Samples.KEY, ""));
        Object hello = next();
        machines.start(WORKER);
        assertThat(next()).isEqualTo(hello);
    }

    private Object next() throws InterruptedException {
        @Nullable Object event = events.poll(10, TimeUnit.SECONDS);
        if (event == null) {
            throw new AssertionError("no event came");
        }
        return event;
    }
}
