package cloister.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MarkTest {
    @Test
    void a_mark_is_read_as_it_was_written() {
        Mark mark = new Mark(1, 22, Integer.MAX_VALUE);
        assertThat(mark.comment()).isEqualTo("cloister:1:1:22:2147483647");
        assertThat(Mark.parse(mark.comment())).contains(mark);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cloister:1:1:1",
                "cloister:1:1:1:0",
                "cloister:1:0:1:1",
                "cloister:1:01:1:1",
                "cloister:2:1:1:1",
                "cloister:1:1:1:2147483648",
                "cloister:1:1:1:99999999999",
                "cloister:1:1:1:1 ",
                " cloister:1:1:1:1",
                "cloister:1:1:1:1\n",
                "cloister:1:-1:1:1",
                "cloister:1:1:1:1:1",
                "cloister:1:١:1:1",
                "Cloister:1:1:1:1"
            })
    void anything_else_is_not_a_mark(String comment) {
        assertThat(Mark.parse(comment)).isEmpty();
    }

    @Test
    void numbers_start_at_one() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Mark(0, 1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Mark(1, 0, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> new Mark(1, 1, 0));
    }
}
