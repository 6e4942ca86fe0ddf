package cloister.backend.lease;

import static cloister.backend.lease.LeaseScene.HEARD;
import static cloister.backend.lease.LeaseScene.HOLD;
import static cloister.backend.lease.LeaseScene.KEY;
import static cloister.backend.lease.LeaseScene.LEAVING_ONE;
import static cloister.backend.lease.LeaseScene.LEAVING_TWO;
import static cloister.backend.lease.LeaseScene.ONE;
import static cloister.backend.lease.LeaseScene.OTHER;
import static cloister.backend.lease.LeaseScene.READY_ONE;
import static cloister.backend.lease.LeaseScene.READY_TWO;
import static cloister.backend.lease.LeaseScene.RULES;
import static cloister.backend.lease.LeaseScene.RUNNING;
import static cloister.backend.lease.LeaseScene.STARTING;
import static cloister.backend.lease.LeaseScene.T;
import static cloister.backend.lease.LeaseScene.TWO;
import static cloister.backend.lease.LeaseScene.drawn;
import static cloister.backend.lease.LeaseScene.events;
import static cloister.backend.lease.LeaseScene.hold;
import static cloister.backend.lease.LeaseScene.possible;
import static cloister.backend.lease.LeaseScene.seen;
import static cloister.backend.lease.LeaseScene.states;
import static cloister.backend.lease.LeaseScene.tick;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.lease.Lease.Abandoning;
import cloister.backend.lease.Lease.Clearing;
import cloister.backend.lease.Lease.Closing;
import cloister.backend.lease.Lease.Effect;
import cloister.backend.lease.Lease.Ended;
import cloister.backend.lease.Lease.Event;
import cloister.backend.lease.Lease.Recorded;
import cloister.backend.lease.Lease.Running;
import cloister.backend.lease.Lease.Starting;
import cloister.backend.lease.Lease.Step;
import cloister.bridge.PlaceholderState;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every move of a lease. What the tests visit is compared with every transition that the moves can make at all, found by
 * trying each kind of event in each kind of state; the diagram in docs/lifecycle is written from the same list.
 */
class LeaseTest extends LeaseLossScenes {
    // Machines boot

    @Test
    void the_gate_opens_once_all_machines_were_heard_and_each_is_ready_at_its_own_hello() {
        Step first = on(STARTING, new Event.Heard(T, 2, KEY));
        assertThat(first.next()).isEqualTo(new Starting(HOLD, T.plusSeconds(60), List.of(ONE, READY_TWO)));
        assertThat(first.effects()).containsExactly(new Effect.Start(HOLD, ONE));
        Step last = on(first.next(), new Event.Heard(T, 1, KEY));
        assertThat(last.next()).isEqualTo(HEARD);
        assertThat(last.effects()).containsExactly(new Effect.Go(HOLD));
        assertThat(on(HEARD, seen(PlaceholderState.CONFIGURING)).next()).isEqualTo(HEARD);
        assertThat(on(HEARD, seen(PlaceholderState.RUNNING)).next()).isEqualTo(RUNNING);
        assertThat(on(STARTING, seen(PlaceholderState.RUNNING)).next())
                .as("not before all were heard")
                .isEqualTo(STARTING);
    }

    @Test
    void a_machine_that_says_hello_again_with_its_key_changes_nothing() {
        assertThat(on(HEARD, new Event.Heard(T, 1, KEY)).next()).isEqualTo(HEARD);
        assertThat(on(RUNNING, new Event.Heard(T, 1, KEY))).isEqualTo(new Step(RUNNING, List.of()));
    }

    @Test
    void a_machine_that_speaks_with_another_key_is_taken_away() {
        assertThat(clearing(on(HEARD, new Event.Heard(T, 1, OTHER))).seats()).containsExactly(LEAVING_ONE, LEAVING_TWO);
        Step step = on(RUNNING, new Event.Heard(T, 1, OTHER));
        assertThat(step.next()).isEqualTo(new Running(HOLD, List.of(LEAVING_ONE, READY_TWO), ReasonCode.WORKER_LOST));
        assertThat(step.effects()).containsExactly(new Effect.Destroy(LEAVING_ONE));
        Running alone = new Running(HOLD, List.of(READY_ONE), ReasonCode.NONE);
        assertThat(clearing(on(alone, new Event.Heard(T, 1, OTHER))).verdict())
                .isEqualTo(new Verdict.Finish(ReasonCode.WORKER_LOST));
    }

    @Test
    void a_start_that_takes_too_long_is_undone_and_tried_again_up_to_the_last_attempt() {
        assertThat(on(STARTING, tick(T.plusSeconds(59))).effects())
                .containsExactly(new Effect.Start(HOLD, ONE), new Effect.Start(HOLD, TWO));
        Step late = on(STARTING, tick(T.plusSeconds(60)));
        assertThat(clearing(late).verdict()).isEqualTo(new Verdict.Again(T.plusSeconds(65)));
        assertThat(late.effects()).containsExactly(new Effect.Destroy(LEAVING_ONE), new Effect.Destroy(LEAVING_TWO));
        Starting last = new Starting(hold(3), T.plusSeconds(60), List.of(ONE));
        assertThat(clearing(on(last, tick(T.plusSeconds(60)))).verdict())
                .isEqualTo(new Verdict.Finish(ReasonCode.BOOT_FAILED));
        assertThat(clearing(on(new Starting(hold(2), T, List.of(ONE)), tick(T))).verdict())
                .as("the pause doubles")
                .isEqualTo(new Verdict.Again(T.plusSeconds(10)));
    }

    @Test
    void a_machine_that_can_not_be_started_fails_the_attempt() {
        assertThat(clearing(on(STARTING, new Event.Lost(T, 1))).verdict()).isInstanceOf(Verdict.Again.class);
        Starting leaving = new Starting(HOLD, T.plusSeconds(60), List.of(LEAVING_ONE, TWO));
        assertThat(on(leaving, new Event.Lost(T, 1)).next()).isEqualTo(leaving);
    }

    @Test
    void one_worker_given_back_while_booting_leaves_the_others() {
        Step step = on(STARTING, new Event.WorkerReleased(T, 1));
        assertThat(step.effects()).containsExactly(new Effect.Destroy(LEAVING_ONE), new Effect.Start(HOLD, TWO));
        Step gone = on(step.next(), new Event.Destroyed(T, 1));
        assertThat(gone.next()).isEqualTo(new Starting(HOLD, T.plusSeconds(60), List.of(new Seat.Gone(1), TWO)));
        assertThat(clearing(on(gone.next(), new Event.WorkerReleased(T, 2))).verdict())
                .isEqualTo(new Verdict.Finish(ReasonCode.RELEASED));
        assertThat(on(new Starting(HOLD, T, List.of(LEAVING_ONE)), new Event.Destroyed(T, 1))
                        .next())
                .isInstanceOf(Closing.class);
    }

    @Test
    void a_gate_that_asks_again_for_the_same_changes_nothing_and_for_other_hosts_starts_anew() {
        Hold elsewhere = new Hold(1, 7, T, 0, "c,d", T, Duration.ofMinutes(12));
        assertThat(on(STARTING, new Event.Asked(T, HOLD, List.of())).next()).isEqualTo(STARTING);
        assertThat(on(STARTING, new Event.Asked(T, elsewhere, List.of())).next())
                .isInstanceOf(Clearing.class);
        assertThat(on(STARTING, new Event.Misfit(T, HOLD)).next()).isInstanceOf(Clearing.class);
        assertThat(on(RUNNING, new Event.Asked(T, HOLD, List.of())).effects()).containsExactly(new Effect.Go(HOLD));
        assertThat(clearing(on(RUNNING, new Event.Asked(T, elsewhere, List.of())))
                        .verdict())
                .isEqualTo(new Verdict.Finish(ReasonCode.HOST_LOST));
        assertThat(on(RUNNING, new Event.Misfit(T, HOLD)).next()).isInstanceOf(Clearing.class);
    }

    @Test
    void a_starting_lease_given_back_loses_its_machines_first() {
        Step step = on(STARTING, new Event.ReleaseAsked(T, ReasonCode.RELEASED));
        assertThat(step.effects()).containsExactly(new Effect.Destroy(LEAVING_ONE), new Effect.Destroy(LEAVING_TWO));
        assertThat(clearing(step).ran()).isFalse();
    }

    @ParameterizedTest
    @EnumSource(PlaceholderState.class)
    void machines_never_outlive_their_placeholder(PlaceholderState state) {
        for (Lease lease : List.of(STARTING, HEARD, RUNNING)) {
            Step step = on(lease, seen(state));
            if (state.terminal() || state == PlaceholderState.COMPLETING) {
                boolean unknownWhy = state == PlaceholderState.LOST || state == PlaceholderState.COMPLETING;
                boolean neverRan = unknownWhy && lease instanceof Starting;
                Verdict why = unknownWhy ? new Verdict.AsTheClusterSays() : new Verdict.Finish(Cluster.ended(state));
                assertThat(clearing(step).verdict()).isEqualTo(neverRan ? new Verdict.Again(T.plusSeconds(5)) : why);
                assertThat(step.effects())
                        .allMatch(Effect.Destroy.class::isInstance)
                        .hasSize(2);
            }
        }
        assertThat(clearing(on(RUNNING, seen(PlaceholderState.PENDING))).verdict())
                .as("put back into the queue")
                .isEqualTo(new Verdict.Finish(ReasonCode.HOST_LOST));
    }

    @Test
    void worker_is_released_when_placeholder_vanishes() {
        assertThat(clearing(on(STARTING, new Event.Absent(T))).verdict())
                .isEqualTo(new Verdict.Again(T.plusSeconds(5)));
        assertThat(on(RUNNING, new Event.Absent(T)).effects())
                .containsExactly(new Effect.Destroy(LEAVING_ONE), new Effect.Destroy(LEAVING_TWO));
    }

    // The placeholder runs

    @Test
    void a_running_lease_ends_with_its_term() {
        assertThat(on(RUNNING, tick(T.plusSeconds(599))).effects()).isEmpty();
        assertThat(clearing(on(RUNNING, tick(T.plusSeconds(600)))).verdict())
                .isEqualTo(new Verdict.Finish(ReasonCode.TERM_REACHED));
    }

    @Test
    void a_worker_given_back_early_is_taken_away_alone_and_the_last_ends_the_lease() {
        Step step = on(RUNNING, new Event.WorkerReleased(T, 1));
        assertThat(step.effects()).containsExactly(new Effect.Destroy(LEAVING_ONE));
        assertThat(on(step.next(), tick(T)).effects()).as("again").containsExactly(new Effect.Destroy(LEAVING_ONE));
        Step gone = on(step.next(), new Event.Destroyed(T, 1));
        assertThat(gone.next()).isEqualTo(new Running(HOLD, List.of(new Seat.Gone(1), READY_TWO), ReasonCode.NONE));
        assertThat(clearing(on(gone.next(), new Event.WorkerReleased(T, 2))).verdict())
                .isEqualTo(new Verdict.Finish(ReasonCode.RELEASED));
    }

    @Test
    void a_lost_worker_is_gone_and_the_last_one_ends_the_lease_so() {
        Step one = on(RUNNING, new Event.Lost(T, 1));
        assertThat(one.next()).isInstanceOf(Running.class);
        assertThat(on(one.next(), new Event.Lost(T, 1)).next()).as("once").isEqualTo(one.next());
        assertThat(clearing(on(one.next(), new Event.Lost(T, 2))).verdict())
                .isEqualTo(new Verdict.Finish(ReasonCode.WORKER_LOST));
        Running last = new Running(HOLD, List.of(LEAVING_ONE), ReasonCode.NONE);
        assertThat(on(last, new Event.Destroyed(T, 1)).next()).isInstanceOf(Closing.class);
    }

    // The end

    @Test
    void the_placeholder_ends_only_after_the_last_machine_by_signal_if_it_ran() {
        Clearing clearing = clearing(on(RUNNING, new Event.ReleaseAsked(T, ReasonCode.RELEASED)));
        assertThat(on(clearing, tick(T)).effects()).hasSize(2).allMatch(Effect.Destroy.class::isInstance);
        Step one = on(clearing, new Event.Destroyed(T, 1));
        assertThat(one.effects()).containsExactly(new Effect.Destroy(LEAVING_TWO));
        Step both = on(one.next(), new Event.Destroyed(T, 2));
        assertThat(both.effects()).containsExactly(new Effect.Refuse(HOLD), new Effect.End(7));
        assertThat(on(both.next(), seen(PlaceholderState.RUNNING)).effects()).containsExactly(new Effect.End(7));
        assertThat(on(both.next(), seen(PlaceholderState.RUNNING, T.plusSeconds(20)))
                        .effects())
                .as("the signal was not heard")
                .containsExactly(new Effect.Cancel(7));
        assertThat(on(both.next(), seen(PlaceholderState.COMPLETING)).next()).isEqualTo(both.next());
        Step over = on(both.next(), seen(PlaceholderState.COMPLETED));
        assertThat(over).isEqualTo(new Step(new Ended(ReasonCode.RELEASED), List.of(new Effect.Forget(HOLD))));
    }

    @Test
    void a_placeholder_that_waits_at_the_gate_is_refused_and_cancelled_after_its_machines() {
        Clearing clearing = clearing(on(STARTING, tick(T.plusSeconds(60))));
        Step one = on(clearing, new Event.Destroyed(T, 1));
        Step both = on(one.next(), new Event.Destroyed(T, 2));
        assertThat(both.effects()).containsExactly(new Effect.Refuse(HOLD), new Effect.Cancel(7));
        assertThat(on(both.next(), seen(PlaceholderState.PENDING)).effects())
                .containsExactly(new Effect.Refuse(HOLD), new Effect.Cancel(7));
        assertThat(on(both.next(), seen(PlaceholderState.CANCELLED)).next())
                .isEqualTo(new Recorded(2, T.plusSeconds(65), ReasonCode.BOOT_FAILED));
        assertThat(on(both.next(), new Event.Absent(T)).next()).isInstanceOf(Recorded.class);
        assertThat(on(both.next(), new Event.Asked(T, HOLD, List.of())).effects())
                .contains(new Effect.Refuse(HOLD));
        assertThat(on(both.next(), new Event.Misfit(T, HOLD)).effects()).contains(new Effect.Cancel(7));
    }

    @Test
    void a_refused_submission_of_a_lease_to_be_tried_again_does_not_stop_it() {
        Closing closing = new Closing(1, OptionalLong.empty(), Optional.empty(), new Verdict.Again(T), T);
        for (Event refusal : List.of(new Event.Refused(), new Event.TooEarly(T))) {
            assertThat(on(closing, refusal).next()).isEqualTo(new Recorded(2, T, ReasonCode.BOOT_FAILED));
        }
    }

    @Test
    void a_lease_given_back_while_it_is_undone_is_not_tried_again() {
        Clearing clearing = clearing(on(STARTING, tick(T.plusSeconds(60))));
        Event release = new Event.ReleaseAsked(T, ReasonCode.RELEASED);
        assertThat(clearing(on(clearing, release)).verdict()).isEqualTo(new Verdict.Finish(ReasonCode.RELEASED));
        Step closing = on(on(clearing, new Event.Destroyed(T, 1)).next(), new Event.Destroyed(T, 2));
        assertThat(closing(on(closing.next(), release)).verdict()).isEqualTo(new Verdict.Finish(ReasonCode.RELEASED));
        Clearing ended = clearing(on(RUNNING, seen(PlaceholderState.TIMEOUT)));
        assertThat(clearing(on(ended, release)).verdict())
                .as("the cluster's reason stays")
                .isEqualTo(new Verdict.Finish(ReasonCode.TERM_REACHED));
    }

    @Test
    void why_the_cluster_took_it_is_known_before_the_hosts_have_cleaned_up() {
        for (Lease lease : List.of(HEARD, RUNNING)) {
            Step step = on(lease, LeaseScene.cleaningUp(PlaceholderState.PREEMPTED));
            assertThat(Views.of(1, step.next()).state()).isEqualTo(LeaseState.ENDING);
            assertThat(Views.of(1, step.next()).reason()).isEqualTo(ReasonCode.PREEMPTED);
        }
    }

    @ParameterizedTest
    @EnumSource(PlaceholderState.class)
    void a_lease_that_outlived_its_placeholder_ends_with_the_clusters_reason(PlaceholderState state) {
        Closing closing = new Closing(1, OptionalLong.of(7), Optional.of(HOLD), new Verdict.AsTheClusterSays(), T);
        if (state.terminal()) {
            assertThat(on(closing, seen(state)).next()).isEqualTo(new Ended(Cluster.ended(state)));
        }
        assertThat(on(closing, new Event.Absent(T)).next()).isEqualTo(new Ended(ReasonCode.CLUSTER_FAILED));
    }

    @Test
    void a_host_that_never_answers_again_is_believed_gone_only_on_the_clusters_word_and_after_the_term() {
        Clearing clearing = clearing(on(RUNNING, new Event.ReleaseAsked(T, ReasonCode.RELEASED)));
        Instant late = T.plusSeconds(661);
        assertThat(on(clearing, seen(PlaceholderState.COMPLETED)).next()).isEqualTo(clearing);
        assertThat(on(clearing, seen(PlaceholderState.RUNNING, late)).next()).isEqualTo(clearing);
        assertThat(on(clearing, new Event.Absent(T)).next()).isEqualTo(clearing);
        assertThat(on(clearing, seen(PlaceholderState.TIMEOUT, late)).next()).isInstanceOf(Closing.class);
        assertThat(on(clearing, new Event.Absent(late)).next()).isInstanceOf(Closing.class);
        assertThat(on(new Clearing(HOLD, true, List.of(), clearing.verdict(), late), tick(T))
                        .next())
                .as("nothing is left")
                .isInstanceOf(Closing.class);
    }

    // Completeness

    @Test
    void no_step_can_start_a_machine_of_a_lease_that_is_being_undone() {
        for (Lease state : states()) {
            for (Event event : events()) {
                Step step = Lease.on(state, event, RULES);
                boolean over = step.next() instanceof Clearing
                        || step.next() instanceof Closing
                        || step.next() instanceof Ended;
                if (over) {
                    assertThat(step.effects())
                            .as(state + " " + event)
                            .noneMatch(effect -> effect instanceof Effect.Start || effect instanceof Effect.Go);
                }
            }
        }
    }

    @Test
    void no_step_ends_a_placeholder_while_a_machine_may_live() {
        for (Lease state : states()) {
            for (Event event : events()) {
                Step step = Lease.on(state, event, RULES);
                boolean ends = step.effects().stream()
                        .anyMatch(effect -> effect instanceof Effect.End || effect instanceof Effect.Cancel);
                boolean given =
                        state instanceof Clearing && (event instanceof Event.Seen || event instanceof Event.Absent);
                boolean lost = step.next() instanceof Abandoning;
                if (ends && lost) {
                    assertThat(Views.seats(step.next()))
                            .as("only on lost hosts")
                            .allMatch(seat -> seat instanceof Seat.Stranded || seat instanceof Seat.Gone);
                } else if (ends && !given) {
                    assertThat(step.next()).as(state + " " + event).isInstanceOf(Closing.class);
                    assertThat(Views.seats(step.next())).isEmpty();
                }
            }
        }
    }

    @AfterAll
    void every_transition_is_visited_and_drawn() throws IOException {
        Set<String> unvisited = new TreeSet<>(possible());
        unvisited.removeAll(visited);
        assertThat(unvisited).as("transitions that no test visits").isEmpty();
        Path docs = Path.of("").toAbsolutePath();
        while (!Files.exists(docs.resolve("build/checkstyle.xml"))) {
            docs = docs.resolve("..").normalize();
        }
        Path drawing = docs.resolve("docs/lifecycle/lease.md");
        String text = """
                # The life of a lease

                Written by `LeaseTest` from the moves themselves; it fails when this file is not what they are, and writes it anew.
                States and what is true in them: `backend/service/…/lease/Lease.java`; moves: `LeaseSteps.java`, and `EndingSteps.java` for
                the end. The diagram is that of a site whose `cloister.lease.node-loss` is `shrink`; with `end` a lease that loses a host
                leaves Running for Clearing at once.

                ```mermaid
                stateDiagram-v2
                    [*] --> Recorded
                %s
                    Ended --> [*]
                ```
                """.formatted(drawn());
        String before = Files.exists(drawing) ? Files.readString(drawing) : "";
        Files.createDirectories(drawing.resolveSibling("."));
        Files.writeString(drawing, text);
        assertThat(before)
                .as("docs/lifecycle/lease.md was written anew: look at it and commit it")
                .isEqualTo(text);
    }
}
