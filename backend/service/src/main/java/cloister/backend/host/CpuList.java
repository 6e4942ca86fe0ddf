package cloister.backend.host;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lists of numbers as Linux writes them: {@code 0-15}, {@code 0,2,4}, {@code 0-62:2}. Their order is kept. */
final class CpuList {
    private static final Pattern PART = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5})(?::(\\d{1,5}))?)?");
    /** slurmd counts the processors of a host in 16 bits. */
    private static final int MOST = 65_535;

    private CpuList() {}

    /**
     * The numbers of a list.
     *
     * @throws IllegalArgumentException if it is not one, or names a number twice
     */
    static List<Integer> parse(String text) {
        List<Integer> numbers = new ArrayList<>();
        for (String part : text.split(",", -1)) {
            Matcher range = PART.matcher(part.strip());
            if (!range.matches()) {
                throw new IllegalArgumentException("'" + text + "' is not a list such as 0-15 or 0,2,4-6");
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            int step = range.group(3) == null ? 1 : Integer.parseInt(range.group(3));
            if (last < first || step < 1 || last > MOST) {
                throw new IllegalArgumentException(
                        "'" + part + "' in '" + text + "' is not a range upwards, to at most " + MOST);
            }
            for (int number = first; number <= last; number += step) {
                numbers.add(number);
            }
        }
        if (numbers.stream().distinct().count() != numbers.size()) {
            throw new IllegalArgumentException("'" + text + "' names a number twice");
        }
        return List.copyOf(numbers);
    }
}
