package cloister.backend.project;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.project.Cvm.Effect;
import cloister.backend.project.Cvm.Event;
import cloister.backend.project.Cvm.Off;
import cloister.backend.project.Cvm.Starting;
import cloister.backend.project.Cvm.Step;
import cloister.backend.project.Cvm.Stopping;
import cloister.backend.project.Cvm.Up;
import cloister.backend.project.Cvm.Why;
import cloister.isolation.Ipv4;
import cloister.vpn.identity.MachineKey;
import cloister.vpn.identity.Spki;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Every move of a CVM: the arrows that the tests visit are all that there are. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CvmTest {
    private static final Instant T = Instant.parse("2026-01-01T12:00:00Z");
    private static final Cvm.Place PLACE = new Cvm.Place("vmhost1", Ipv4.parse("10.77.1.10"));
    private static final Spki KEY = MachineKey.generate().spki();
    private static final Spki OTHER = MachineKey.generate().spki();
    private static final String SSH = "ssh-ed25519 AAAA";
    private static final Off OFF = new Off(Why.ASKED);
    private static final Starting STARTING = new Starting(PLACE, T.plusSeconds(90));
    private static final Up UP = new Up(PLACE, KEY, SSH, 1);
    private static final Stopping STOPPING = new Stopping(PLACE, Why.LOST);

    private final Set<String> visited = new TreeSet<>();

    private Step on(Cvm cvm, Event event) {
        Step step = Cvm.on(cvm, event);
        visited.add(arrow(cvm, event, step.next()));
        return step;
    }

    private static String arrow(Cvm from, Event event, Cvm to) {
        return from.getClass().getSimpleName() + " -> " + to.getClass().getSimpleName() + ": "
                + event.getClass().getSimpleName();
    }

    private void stops(Cvm cvm, Event event, Why why) {
        assertThat(on(cvm, event)).isEqualTo(new Step(new Stopping(PLACE, why), List.of(new Effect.Destroy(PLACE))));
    }

    @Test
    void a_cvm_is_started_heard_and_then_speaks_for_its_project() {
        assertThat(on(OFF, new Event.StartAsked(PLACE, T.plusSeconds(90))))
                .isEqualTo(new Step(STARTING, List.of(new Effect.Start(PLACE))));
        assertThat(on(STARTING, new Event.Tick(T)).effects()).containsExactly(new Effect.Start(PLACE));
        assertThat(on(STARTING, new Event.Heard(KEY, SSH, 1))).isEqualTo(new Step(UP, List.of()));
        assertThat(on(UP, new Event.Tick(T)).effects()).containsExactly(new Effect.Look(PLACE));
        assertThat(on(UP, new Event.Heard(KEY, SSH, 1)).next()).as("a repeat").isEqualTo(UP);
    }

    @Test
    void a_cvm_that_speaks_with_another_key_is_ended() {
        stops(UP, new Event.Heard(OTHER, SSH, 1), Why.ALARM);
        stops(UP, new Event.Heard(KEY, "ssh-ed25519 BBBB", 1), Why.ALARM);
        stops(UP, new Event.Alarm(), Why.ALARM);
        stops(STARTING, new Event.Alarm(), Why.ALARM);
        stops(STARTING, new Event.Heard(KEY, null, 1), Why.ALARM);
    }

    @Test
    void a_cvm_that_is_not_heard_or_refused_is_taken_away_with_the_reason() {
        stops(STARTING, new Event.Tick(T.plusSeconds(90)), Why.NOT_HEARD);
        stops(STARTING, new Event.Refused(), Why.REFUSED);
        stops(STARTING, new Event.StopAsked(), Why.ASKED);
    }

    @Test
    void a_cvm_that_is_lost_stays_so_until_an_operator_starts_a_new_one() {
        stops(UP, new Event.Absent(), Why.LOST);
        stops(UP, new Event.StopAsked(), Why.ASKED);
        assertThat(on(STOPPING, new Event.Tick(T)).effects()).containsExactly(new Effect.Destroy(PLACE));
        assertThat(on(STOPPING, new Event.StartAsked(PLACE, T)).next()).isEqualTo(STOPPING);
        assertThat(on(STOPPING, new Event.Destroyed()).next()).isEqualTo(new Off(Why.LOST));
        assertThat(on(OFF, new Event.Tick(T))).isEqualTo(new Step(OFF, List.of()));
    }

    @AfterAll
    void every_transition_is_visited() {
        Set<String> possible = new TreeSet<>();
        for (Cvm cvm : List.of(OFF, STARTING, UP, STOPPING)) {
            for (Event event : List.of(
                    new Event.StartAsked(PLACE, T),
                    new Event.StopAsked(),
                    new Event.Tick(T),
                    new Event.Tick(T.plusSeconds(90)),
                    new Event.Heard(KEY, SSH, 1),
                    new Event.Heard(OTHER, null, 1),
                    new Event.Alarm(),
                    new Event.Absent(),
                    new Event.Refused(),
                    new Event.Destroyed())) {
                Cvm next = Cvm.on(cvm, event).next();
                if (!next.getClass().equals(cvm.getClass())) {
                    possible.add(arrow(cvm, event, next));
                }
            }
        }
        possible.removeAll(visited);
        assertThat(possible).as("transitions that no test visits").isEmpty();
    }
}
