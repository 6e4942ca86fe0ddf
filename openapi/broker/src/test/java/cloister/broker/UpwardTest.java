package cloister.broker;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UpwardTest {
    private static final int NUMBER_BITS = 31;
    private static final int SINCE_BITS = 63;

    private static boolean mute(Type type) {
        return type.equals(int.class)
                || type.equals(boolean.class)
                || (type instanceof Class<?> kind
                        && kind.isEnum()
                        && kind.getPackage().equals(Upward.class.getPackage()));
    }

    @Test
    void what_travels_upward_holds_integers_codes_and_flags_and_nothing_that_could_hold_text() {
        for (Class<? extends Upward> type : Messages.upward()) {
            assertThat(type.isRecord()).as(type + " has no hidden state").isTrue();
            for (RecordComponent component : type.getRecordComponents()) {
                assertThat(mute(component.getGenericType()))
                        .as(type.getSimpleName() + "." + component.getName())
                        .isTrue();
            }
        }
        noFields()
                .that()
                .areDeclaredInClassesThat()
                .areAssignableTo(Upward.class)
                .should()
                .haveRawType(String.class)
                .orShould()
                .haveRawType(byte[].class)
                .orShould()
                .haveRawType(Map.class)
                .orShould()
                .haveRawType(List.class)
                .check(new ClassFileImporter().importPackages("cloister.broker"));
    }

    private record Chatty(int number, String note) {}

    @Test
    void the_walk_finds_text_where_there_is_some() {
        assertThat(Arrays.stream(Chatty.class.getRecordComponents()).map(RecordComponent::getGenericType))
                .anyMatch(type -> !mute(type));
    }

    @Test
    void every_body_that_a_verb_takes_is_upward_and_every_upward_type_is_a_body() {
        assertThat(Arrays.stream(Verb.values()).flatMap(verb -> verb.body().stream()))
                .containsExactlyInAnyOrderElementsOf(Messages.upward());
    }

    private static double log2(double values) {
        return Math.log(values) / Math.log(2);
    }

    private static double bits(Verb verb) {
        // The moment of a message tells too: to the millisecond within the hour.
        double bits = log2(3_600_000);
        bits += verb.path().contains("{n}") ? NUMBER_BITS : 0;
        bits += verb.path().contains("{k}") ? NUMBER_BITS : 0;
        bits += verb == Verb.GET_LEASES ? SINCE_BITS + log2(Verb.longestWaitSeconds() + 1.0) : 0;
        return bits
                + verb.body().stream()
                        .flatMap(type -> Messages.fields(type).stream())
                        .mapToDouble(Messages.Field::bits)
                        .sum();
    }

    @Test
    void all_fields_and_rates_together_stay_below_the_ceiling_and_the_ceiling_is_not_made_up() {
        double perHour = 0;
        for (Verb verb : Verb.values()) {
            // After a pause a burst comes on top of what the hour allows.
            perHour += bits(verb) * (verb.perHour() + verb.burst());
        }
        assertThat(perHour).isBetween(LeakBudget.bitsPerHour() * 0.9, (double) LeakBudget.bitsPerHour());
    }

    @Test
    void numbers_out_of_bounds_are_refused_without_being_repeated() {
        assertThatThrownBy(() -> new LeaseRequest(1, 1, 123_456, 256, GpuKind.NONE, 0, 0, 5, false))
                .isInstanceOf(OutOfBounds.class)
                .hasMessageContaining("cpus")
                .hasMessageNotContaining("123456");
        assertThatThrownBy(() -> new LeaseRequest(1, 1, 1, 300, GpuKind.NONE, 0, 0, 5, false))
                .hasMessage("memMiB must be a multiple of 256");
        assertThatThrownBy(() -> new LeaseRequest(1, 1, 1, 256, GpuKind.A, 0, 0, 5, false))
                .isInstanceOf(OutOfBounds.class);
        assertThatThrownBy(() -> new TermRequest(7)).isInstanceOf(OutOfBounds.class);
    }
}
