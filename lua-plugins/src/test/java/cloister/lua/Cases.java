package cloister.lua;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/** What a file of cases printed, as tests: {@code ok NAME} or {@code not ok NAME: WHY}, one a line. */
final class Cases {
    private static final Pattern RESULT = Pattern.compile("(ok|not ok) (\\w+)(?:: (.*))?");

    private Cases() {}

    /** One test for each case; a line that is neither fails, so that nothing is lost. */
    static List<DynamicNode> of(String printed) {
        List<DynamicNode> tests = new ArrayList<>();
        for (String line : printed.lines().toList()) {
            Matcher result = RESULT.matcher(line);
            assertThat(result.matches()).as(line).isTrue();
            tests.add(DynamicTest.dynamicTest(result.group(2), () -> {
                if (result.group(1).equals("not ok")) {
                    fail(result.group(3));
                }
            }));
        }
        return tests;
    }
}
