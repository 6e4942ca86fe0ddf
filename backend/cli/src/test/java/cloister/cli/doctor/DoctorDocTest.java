package cloister.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of docs/operations/doctor.md is the items themselves. */
class DoctorDocTest {
    private static final Path PAGE = Path.of("../../docs/operations/doctor.md");
    private static final String BEGIN = "<!-- items: written by DoctorDocTest -->\n";
    private static final String END = "<!-- end of items -->\n";

    @Test
    void the_page_has_the_items_and_their_remedies() throws IOException {
        String table = Arrays.stream(Item.values())
                .map(item -> "| `" + item.title() + "` | " + cell(item.must()) + " | " + cell(item.remedy()) + " |\n")
                .collect(Collectors.joining());
        String before = Files.readString(PAGE);
        int begin = before.indexOf(BEGIN) + BEGIN.length();
        int end = before.indexOf(END);
        assertThat(before).contains(BEGIN, END);
        String text = before.substring(0, begin) + "| item | what must be so, and why | remedy |\n|---|---|---|\n"
                + table + before.substring(end);
        Files.writeString(PAGE, text);
        assertThat(before)
                .as(PAGE + " was written anew: look at it and commit it")
                .isEqualTo(text);
    }

    private static String cell(String text) {
        return text.replace("|", "\\|");
    }

    @Test
    void each_item_has_a_name_of_its_own_for_monitoring() {
        List<String> titles = Arrays.stream(Item.values()).map(Item::title).toList();
        Set<String> different = new HashSet<>(titles);
        assertThat(different).hasSameSizeAs(titles).allMatch(title -> title.matches("[a-z]+(-[a-z]+)*"));
    }
}
