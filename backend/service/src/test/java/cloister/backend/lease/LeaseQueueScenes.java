package cloister.backend.lease;

import static cloister.backend.lease.LeaseScene.HEARD;
import static cloister.backend.lease.LeaseScene.HOLD;
import static cloister.backend.lease.LeaseScene.ONE;
import static cloister.backend.lease.LeaseScene.QUEUED;
import static cloister.backend.lease.LeaseScene.RECORDED;
import static cloister.backend.lease.LeaseScene.RULES;
import static cloister.backend.lease.LeaseScene.STARTING;
import static cloister.backend.lease.LeaseScene.SUBMITTING;
import static cloister.backend.lease.LeaseScene.T;
import static cloister.backend.lease.LeaseScene.TWO;
import static cloister.backend.lease.LeaseScene.arrow;
import static cloister.backend.lease.LeaseScene.impossible;
import static cloister.backend.lease.LeaseScene.seen;
import static cloister.backend.lease.LeaseScene.tick;
import static cloister.backend.lease.LeaseScene.waits;
import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.lease.Lease.Clearing;
import cloister.backend.lease.Lease.Closing;
import cloister.backend.lease.Lease.Effect;
import cloister.backend.lease.Lease.Ended;
import cloister.backend.lease.Lease.Event;
import cloister.backend.lease.Lease.Queued;
import cloister.backend.lease.Lease.Recorded;
import cloister.backend.lease.Lease.Starting;
import cloister.backend.lease.Lease.Step;
import cloister.backend.lease.Lease.Submitting;
import cloister.bridge.PlaceholderState;
import cloister.broker.LeaseState;
import cloister.broker.ReasonCode;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Moves of a lease until its hosts are chosen, and what all such tests share. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class LeaseQueueScenes {
    final Set<String> visited = new TreeSet<>();

    Step on(Lease lease, Event event) {
        Step step = Lease.on(lease, event, RULES);
        visited.add(arrow(lease, event, step.next()));
        return step;
    }

    static Clearing clearing(Step step) {
        assertThat(step.next()).isInstanceOf(Clearing.class);
        return (Clearing) step.next();
    }

    static Closing closing(Step step) {
        assertThat(step.next()).isInstanceOf(Closing.class);
        return (Closing) step.next();
    }

    // Before the cluster has it

    @Test
    void a_recorded_lease_is_submitted_once_its_time_has_come() {
        Recorded later = new Recorded(2, T.plusSeconds(10), ReasonCode.BOOT_FAILED);
        assertThat(on(later, tick(T))).isEqualTo(new Step(later, List.of()));
        Step step = on(later, tick(T.plusSeconds(10)));
        assertThat(step.next()).isEqualTo(new Submitting(2, T.plusSeconds(25)));
        assertThat(step.effects()).containsExactly(new Effect.Submit(2));
    }

    @Test
    void a_recorded_lease_that_may_not_be_submitted_says_so_until_it_may() {
        Recorded paused = new Recorded(1, Instant.EPOCH, ReasonCode.QUEUED_PAUSED);
        assertThat(on(RECORDED, new Event.Paused())).isEqualTo(new Step(paused, List.of()));
        assertThat(on(paused, new Event.Paused())).isEqualTo(new Step(paused, List.of()));
        assertThat(on(paused, tick(T)).effects()).containsExactly(new Effect.Submit(1));
        assertThat(on(QUEUED, new Event.Paused())).isEqualTo(new Step(QUEUED, List.of()));
    }

    @Test
    void a_recorded_lease_that_nobody_wants_is_over_at_once() {
        assertThat(on(RECORDED, new Event.ReleaseAsked(T, ReasonCode.RELEASED)).next())
                .isEqualTo(new Ended(ReasonCode.RELEASED));
    }

    @Test
    void a_submission_becomes_a_queued_placeholder() {
        assertThat(on(SUBMITTING, new Event.Placed(T, 7)).next()).isEqualTo(QUEUED);
    }

    @Test
    void a_submission_before_the_project_has_its_account_waits_and_says_so() {
        Step held = on(SUBMITTING, new Event.TooEarly(T));
        assertThat(held).isEqualTo(new Step(new Recorded(1, T.plusSeconds(5), ReasonCode.QUEUED_ACCOUNT), List.of()));
        assertThat(Views.of(1, held.next()).state()).isEqualTo(LeaseState.QUEUED);
        assertThat(Views.of(1, held.next()).reason()).isEqualTo(ReasonCode.QUEUED_ACCOUNT);
        assertThat(on(held.next(), tick(T.plusSeconds(5))).effects()).containsExactly(new Effect.Submit(1));
        Closing unwanted = closing(on(SUBMITTING, new Event.ReleaseAsked(T, ReasonCode.RELEASED)));
        assertThat(on(unwanted, new Event.TooEarly(T)).next()).isEqualTo(new Ended(ReasonCode.RELEASED));
    }

    @Test
    void a_submission_without_an_answer_is_looked_for_and_repeated_only_when_the_cluster_can_not_have_it() {
        assertThat(on(SUBMITTING, tick(T.plusSeconds(99)))).isEqualTo(new Step(SUBMITTING, List.of()));
        assertThat(on(SUBMITTING, new Event.Absent(T.plusSeconds(14))).effects())
                .isEmpty();
        Step again = on(SUBMITTING, new Event.Absent(T.plusSeconds(15)));
        assertThat(again.next()).isEqualTo(new Submitting(1, T.plusSeconds(30)));
        assertThat(again.effects()).containsExactly(new Effect.Submit(1));
        assertThat(on(SUBMITTING, seen(PlaceholderState.PENDING)).next())
                .isEqualTo(new Queued(1, 7, ReasonCode.QUEUED_RESOURCES, Optional.empty()));
        assertThat(on(SUBMITTING, seen(PlaceholderState.CANCELLED)).next())
                .isEqualTo(new Ended(ReasonCode.CANCELLED_BY_ADMIN));
        assertThat(on(SUBMITTING, seen(PlaceholderState.RUNNING)).next()).isInstanceOf(Closing.class);
    }

    @Test
    void a_submission_that_is_refused_ends_the_lease() {
        assertThat(on(SUBMITTING, new Event.Refused()).next()).isEqualTo(new Ended(ReasonCode.REFUSED_BY_CLUSTER));
    }

    @Test
    void a_submission_that_asks_at_the_gate_before_its_answer_came_is_seated() {
        assertThat(on(SUBMITTING, new Event.Asked(T, HOLD, List.of(ONE))).next())
                .isInstanceOf(Starting.class);
        assertThat(on(SUBMITTING, new Event.Misfit(T, HOLD)).next()).isInstanceOf(Closing.class);
    }

    @Test
    void a_lease_given_back_while_it_is_submitted_is_looked_for_until_it_can_not_be_there() {
        Closing closing = closing(on(SUBMITTING, new Event.ReleaseAsked(T, ReasonCode.RELEASED)));
        assertThat(closing.job()).isEmpty();
        assertThat(on(closing, new Event.Absent(T.plusSeconds(14))).next()).isEqualTo(closing);
        assertThat(on(closing, new Event.Absent(T.plusSeconds(15))).next()).isEqualTo(new Ended(ReasonCode.RELEASED));
        assertThat(on(closing, new Event.Placed(T, 9)).effects()).containsExactly(new Effect.Cancel(9));
        assertThat(on(closing, new Event.Refused()).next()).isEqualTo(new Ended(ReasonCode.RELEASED));
        assertThat(on(closing, seen(PlaceholderState.PENDING)).effects()).containsExactly(new Effect.Cancel(7));
    }

    // In the cluster's queue

    @Test
    void a_queued_lease_shows_why_it_waits() {
        assertThat(on(QUEUED, seen(PlaceholderState.PENDING)).next())
                .isEqualTo(new Queued(1, 7, ReasonCode.QUEUED_RESOURCES, Optional.empty()));
        assertThat(on(QUEUED, seen(PlaceholderState.COMPLETING)).next()).isEqualTo(QUEUED);
    }

    @Test
    void hosts_are_chosen_and_every_machine_is_started() {
        Step step = on(QUEUED, new Event.Asked(T, HOLD, List.of(ONE, TWO)));
        assertThat(step.next()).isEqualTo(STARTING);
        assertThat(step.effects()).containsExactly(new Effect.Start(HOLD, ONE), new Effect.Start(HOLD, TWO));
        assertThat(on(QUEUED, new Event.Asked(T, HOLD, List.of())).next()).isEqualTo(QUEUED);
    }

    @Test
    void hosts_that_can_not_be_used_are_refused_and_tried_again_later() {
        Step step = on(QUEUED, new Event.Misfit(T, HOLD));
        assertThat(closing(step).verdict()).isEqualTo(new Verdict.Again(T.plusSeconds(5)));
        assertThat(step.effects()).containsExactly(new Effect.Refuse(HOLD), new Effect.Cancel(7));
    }

    @Test
    void a_queued_lease_given_back_is_cancelled() {
        Step step = on(QUEUED, new Event.ReleaseAsked(T, ReasonCode.RELEASED));
        assertThat(closing(step).verdict()).isEqualTo(new Verdict.Finish(ReasonCode.RELEASED));
        assertThat(step.effects()).containsExactly(new Effect.Cancel(7));
    }

    @ParameterizedTest
    @EnumSource(PlaceholderState.class)
    void a_placeholder_that_ends_by_itself_ends_a_queued_lease_with_the_reason(PlaceholderState state) {
        Step step = on(QUEUED, seen(state));
        if (state == PlaceholderState.LOST) {
            assertThat(step.next()).isEqualTo(new Recorded(2, T, ReasonCode.QUEUED_OTHER));
        } else if (state.terminal()) {
            assertThat(step.next()).isEqualTo(new Ended(Cluster.ended(state)));
        } else {
            assertThat(step.next()).isNotInstanceOf(Ended.class);
        }
    }

    @Test
    void a_placeholder_that_the_cluster_forgot_is_submitted_anew_as_often_as_the_rules_allow() {
        Recorded anew = new Recorded(2, T, ReasonCode.QUEUED_OTHER);
        assertThat(on(QUEUED, new Event.Absent(T)).next()).isEqualTo(anew);
        assertThat(on(SUBMITTING, seen(PlaceholderState.LOST)).next()).isEqualTo(anew);
        Queued last = new Queued(RULES.attempts(), 7, ReasonCode.QUEUED_OTHER, Optional.empty());
        assertThat(on(last, new Event.Absent(T)).next()).isEqualTo(new Ended(ReasonCode.CLUSTER_FAILED));
    }

    @Test
    void a_question_that_was_answered_does_not_cancel_what_is_being_ended() {
        Closing ending = new Closing(
                1, OptionalLong.of(7), Optional.of(HOLD), new Verdict.Finish(ReasonCode.RELEASED), T.plusSeconds(20));
        assertThat(on(ending, new Event.Asked(T, HOLD, List.of())))
                .isEqualTo(new Step(ending, List.of(new Effect.Refuse(HOLD))));
        Hold another = new Hold(1, 7, T, 1, "a,b", T, HOLD.limit());
        assertThat(on(ending, new Event.Asked(T, another, List.of())).effects())
                .as("started again")
                .containsExactly(new Effect.Refuse(another), new Effect.Cancel(7));
    }

    @Test
    void a_placeholder_that_the_site_could_never_hold_is_cancelled_and_ends_the_lease() {
        Step step = on(QUEUED, new Event.Seen(T, impossible()));
        assertThat(step.effects()).containsExactly(new Effect.Cancel(7));
        assertThat(closing(step).verdict()).isEqualTo(new Verdict.Finish(ReasonCode.REFUSED_BY_CLUSTER));
    }

    @Test
    void a_placeholder_that_lost_its_hosts_at_the_gate_takes_its_machines_with_it() {
        for (Event.Seen lost : List.of(
                waits("BurstBufferOperation", 0),
                waits("JobHeldAdmin", 0),
                waits("BeginTime", 1),
                waits("None", 1),
                // On its way back to the queue: COMPLETING, and over in no way.
                seen(PlaceholderState.COMPLETING))) {
            for (Lease starts : List.of(STARTING, HEARD)) {
                assertThat(on(starts, lost).next())
                        .isInstanceOfSatisfying(
                                Clearing.class,
                                clearing -> assertThat(clearing.verdict()).isInstanceOf(Verdict.Again.class));
            }
        }
    }

    @Test
    void a_placeholder_that_a_crash_put_back_asks_again_and_keeps_its_machines() {
        assertThat(on(HEARD, waits("None", 0)).next()).isEqualTo(HEARD);
        assertThat(on(HEARD, waits("Priority", 0)).next()).isEqualTo(HEARD);
        assertThat(on(HEARD, waits("BurstBufferStageIn", 0)).next()).isEqualTo(HEARD);
    }

    @Test
    void a_placeholder_whose_gate_failed_before_we_heard_of_it_is_submitted_anew() {
        Step step = on(QUEUED, waits("BurstBufferOperation", 0));
        assertThat(step.effects()).containsExactly(new Effect.Cancel(7));
        assertThat(on(step.next(), seen(PlaceholderState.CANCELLED)).next())
                .isInstanceOfSatisfying(
                        Recorded.class, again -> assertThat(again.attempt()).isEqualTo(2));
        assertThat(on(QUEUED, waits("JobHeldAdmin", 0)).next())
                .as("what an administrator holds stays held")
                .isInstanceOf(Queued.class);
    }

    @Test
    void a_placeholder_that_runs_without_having_asked_is_ended() {
        assertThat(on(QUEUED, seen(PlaceholderState.RUNNING)).effects()).containsExactly(new Effect.End(7));
    }
}
