package cloister.backend.project;

import static org.assertj.core.api.Assertions.assertThat;

import cloister.backend.project.Cvm.Drive;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    private static final Instant DEADLINE = T.plusSeconds(90);
    private static final Drive BLANK = new Drive.Blank();
    private static final Drive KEPT = new Drive.Kept(PLACE);
    private static final Off OFF = new Off(Why.ASKED, BLANK);
    private static final Off DOWN = new Off(Why.ASKED, KEPT);
    private static final Starting FRESH = new Starting(PLACE, DEADLINE, BLANK);
    private static final Starting AGAIN = new Starting(PLACE, DEADLINE, KEPT);
    private static final Up UP = new Up(PLACE, KEY, SSH, 1, T);
    private static final Stopping STOPPING = new Stopping(PLACE, Why.ASKED, KEPT);
    private static final Stopping DELETING = new Stopping(PLACE, Why.ASKED, BLANK);

    private final Set<String> visited = new TreeSet<>();
    private final Set<String> drawn = new TreeSet<>();

    private Step on(Cvm cvm, Event event) {
        Step step = Cvm.on(cvm, event);
        visited.add(arrow(cvm, event, step.next()));
        if (!named(step.next()).equals(named(cvm))) {
            drawn.add(arrow(cvm, event, step.next()));
        }
        return step;
    }

    private static String arrow(Cvm from, Event event, Cvm to) {
        return named(from) + " --> " + named(to) + ": " + event.getClass().getSimpleName();
    }

    private static String named(Cvm cvm) {
        String drive = switch (cvm) {
            case Off(var _, Drive it) -> it.getClass().getSimpleName();
            case Starting(var _, var _, Drive it) -> it.getClass().getSimpleName();
            case Up _ -> "";
            case Stopping(var _, var _, Drive it) -> it.getClass().getSimpleName();
        };
        return cvm.getClass().getSimpleName() + drive;
    }

    private void stops(Cvm cvm, Event event, Why why, Drive left) {
        assertThat(on(cvm, event))
                .isEqualTo(new Step(new Stopping(PLACE, why, left), List.of(new Effect.Destroy(PLACE, left))));
    }

    private static Event.Heard heard(Spki key, String ssh) {
        return new Event.Heard(key, ssh, 1, T);
    }

    @Test
    void a_cvm_is_started_heard_and_then_speaks_for_its_project() {
        assertThat(on(OFF, new Event.StartAsked(PLACE, DEADLINE)))
                .isEqualTo(new Step(FRESH, List.of(new Effect.Start(PLACE, BLANK))));
        assertThat(on(FRESH, new Event.Tick(T)).effects()).containsExactly(new Effect.Start(PLACE, BLANK));
        assertThat(on(FRESH, heard(KEY, SSH))).isEqualTo(new Step(UP, List.of()));
        assertThat(on(UP, new Event.Tick(T)).effects()).containsExactly(new Effect.Look(PLACE));
        assertThat(on(UP, heard(KEY, SSH)).next()).as("a repeat").isEqualTo(UP);
    }

    @Test
    void a_cvm_that_speaks_with_another_key_is_ended_and_its_drive_kept() {
        stops(UP, heard(OTHER, SSH), Why.ALARM, KEPT);
        stops(UP, heard(KEY, "ssh-ed25519 BBBB"), Why.ALARM, KEPT);
        stops(UP, new Event.Alarm(), Why.ALARM, KEPT);
        stops(AGAIN, new Event.Alarm(), Why.ALARM, KEPT);
        stops(FRESH, new Event.Alarm(), Why.ALARM, BLANK);
        stops(FRESH, new Event.Heard(KEY, null, 1, T), Why.ALARM, BLANK);
        stops(AGAIN, new Event.Heard(KEY, null, 1, T), Why.ALARM, KEPT);
    }

    @Test
    void a_cvm_that_is_not_heard_or_refused_is_taken_away_with_the_reason() {
        stops(FRESH, new Event.Tick(DEADLINE), Why.NOT_HEARD, BLANK);
        stops(FRESH, new Event.Refused(), Why.REFUSED, BLANK);
        stops(FRESH, new Event.StopAsked(), Why.ASKED, BLANK);
        stops(AGAIN, new Event.Tick(DEADLINE), Why.NOT_HEARD, KEPT);
        stops(AGAIN, new Event.Refused(), Why.REFUSED, KEPT);
        stops(AGAIN, new Event.StopAsked(), Why.ASKED, KEPT);
    }

    @Test
    void a_cvm_that_was_stopped_starts_with_its_drive_also_elsewhere() {
        stops(UP, new Event.StopAsked(), Why.ASKED, KEPT);
        assertThat(on(STOPPING, new Event.Tick(T)).effects()).containsExactly(new Effect.Destroy(PLACE, KEPT));
        assertThat(on(STOPPING, new Event.StartAsked(PLACE, T)).next()).isEqualTo(STOPPING);
        assertThat(on(STOPPING, new Event.Destroyed()).next()).isEqualTo(DOWN);
        Cvm.Place other = new Cvm.Place("vmhost2", PLACE.address());
        assertThat(on(DOWN, new Event.StartAsked(other, DEADLINE)))
                .isEqualTo(new Step(new Starting(other, DEADLINE, KEPT), List.of(new Effect.Start(other, KEPT))));
        assertThat(on(AGAIN, heard(OTHER, SSH)).next())
                .as("each start has a key of its own")
                .isInstanceOf(Up.class);
    }

    @Test
    void a_cvm_that_fell_is_started_again_unless_it_falls_at_once() {
        assertThat(on(UP, new Event.Absent(T.plus(Cvm.leastLife()), DEADLINE)))
                .isEqualTo(new Step(AGAIN, List.of(new Effect.Start(PLACE, KEPT))));
        stops(UP, new Event.Absent(T.plus(Cvm.leastLife()).minusMillis(1), DEADLINE), Why.LOST, KEPT);
    }

    @Test
    void only_who_has_turned_a_host_off_may_say_that_its_cvm_is_not_there() {
        assertThat(on(UP, new Event.Fenced())).isEqualTo(new Step(new Off(Why.FENCED, KEPT), List.of()));
        assertThat(on(AGAIN, new Event.Fenced()).next()).isEqualTo(new Off(Why.FENCED, KEPT));
        assertThat(on(FRESH, new Event.Fenced()).next()).isEqualTo(new Off(Why.FENCED, BLANK));
        assertThat(on(STOPPING, new Event.Fenced()).next()).isEqualTo(new Off(Why.FENCED, KEPT));
        assertThat(on(DELETING, new Event.Fenced()).next())
                .as("its drive may be there")
                .isEqualTo(DELETING);
    }

    @Test
    void a_drive_goes_only_when_somebody_wants_that() {
        stops(UP, new Event.DeleteAsked(), Why.ASKED, BLANK);
        stops(FRESH, new Event.DeleteAsked(), Why.ASKED, BLANK);
        stops(AGAIN, new Event.DeleteAsked(), Why.ASKED, BLANK);
        stops(STOPPING, new Event.DeleteAsked(), Why.ASKED, BLANK);
        stops(DOWN, new Event.DeleteAsked(), Why.ASKED, BLANK);
        assertThat(on(DELETING, new Event.Destroyed()).next()).isEqualTo(OFF);
        assertThat(on(OFF, new Event.DeleteAsked())).isEqualTo(new Step(OFF, List.of()));
        assertThat(on(OFF, new Event.Tick(T))).isEqualTo(new Step(OFF, List.of()));
    }

    @AfterAll
    void every_transition_is_visited_and_drawn() throws IOException {
        Set<String> possible = new TreeSet<>();
        for (Cvm cvm : List.of(OFF, DOWN, FRESH, AGAIN, UP, STOPPING, DELETING)) {
            for (Event event : List.of(
                    new Event.StartAsked(PLACE, T),
                    new Event.StopAsked(),
                    new Event.Fenced(),
                    new Event.DeleteAsked(),
                    new Event.Tick(T),
                    new Event.Tick(DEADLINE),
                    heard(KEY, SSH),
                    new Event.Heard(OTHER, null, 1, T),
                    new Event.Alarm(),
                    new Event.Absent(T, DEADLINE),
                    new Event.Absent(T.plus(Cvm.leastLife()), DEADLINE),
                    new Event.Refused(),
                    new Event.Destroyed())) {
                Cvm next = Cvm.on(cvm, event).next();
                if (!named(next).equals(named(cvm))) {
                    possible.add(arrow(cvm, event, next));
                }
            }
        }
        possible.removeAll(visited);
        assertThat(possible).as("transitions that no test visits").isEmpty();
        Path drawing = Path.of("../../docs/lifecycle/cvm.md");
        String before = Files.exists(drawing) ? Files.readString(drawing) : "";
        Files.writeString(drawing, """
                # The life of a CVM

                Written by `CvmTest` from the moves themselves; it fails when this file is not what they are, and writes it anew.
                `backend/service`, `cloister.backend.project.Cvm`. A state's second word is the drive that is left: `Kept` is one that a CVM has used.

                ```mermaid
                stateDiagram-v2
                    [*] --> OffBlank
                    %s
                ```
                """.formatted(String.join("\n    ", drawn)));
        assertThat(before)
                .as(drawing + " was written anew: look at it and commit it")
                .isEqualTo(Files.readString(drawing));
    }
}
