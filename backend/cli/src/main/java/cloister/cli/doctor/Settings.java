package cloister.cli.doctor;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names and values as a Slurm command prints them. Names are compared as they stand; {@code (null)} and nothing are absent. */
record Settings(Map<String, String> values) {
    private static final Pattern LINE = Pattern.compile("^([A-Za-z_][A-Za-z0-9_\\[\\]]*)\\s*=(.*)$");
    private static final Pattern PAIR = Pattern.compile("(?:^|\\s)([A-Za-z_][A-Za-z0-9_]*)=(\\S*)");
    private static final Pattern NUMBER = Pattern.compile("^(\\d{1,18})(?:\\s.*)?$");

    Settings {
        values = Map.copyOf(values);
    }

    /** One {@code name = value} on each line. */
    static Settings ofLines(String text) {
        Map<String, String> found = new LinkedHashMap<>();
        text.lines().forEach(line -> {
            Matcher match = LINE.matcher(line.strip());
            if (match.matches()) {
                found.putIfAbsent(match.group(1), match.group(2).strip());
            }
        });
        return new Settings(found);
    }

    /** Many {@code name=value} on a line, without spaces in the values. */
    static Settings ofPairs(String text) {
        Map<String, String> found = new LinkedHashMap<>();
        Matcher match = PAIR.matcher(text);
        while (match.find()) {
            found.putIfAbsent(match.group(1), match.group(2));
        }
        return new Settings(found);
    }

    /** One record on each line that is not empty. */
    static List<Settings> ofRecords(String text) {
        return text.lines()
                .filter(line -> !line.isBlank())
                .map(Settings::ofPairs)
                .toList();
    }

    Optional<String> get(String name) {
        return Optional.ofNullable(values.get(name))
                .filter(value -> !value.isEmpty() && !value.equals("(null)") && !value.equals("N/A"));
    }

    String shown(String name) {
        return name + "=" + get(name).orElse("(none)");
    }

    /** The number at the beginning of a value such as {@code 300 sec}. */
    OptionalLong number(String name) {
        Matcher match = NUMBER.matcher(get(name).orElse(""));
        return match.matches() ? OptionalLong.of(Long.parseLong(match.group(1))) : OptionalLong.empty();
    }

    /** The parts of a list with commas, as written. */
    List<String> parts(String name) {
        return get(name).stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::strip)
                .filter(part -> !part.isEmpty())
                .toList();
    }

    /** The parts of a list with commas, in lower case. */
    Set<String> words(String name) {
        Set<String> words = new LinkedHashSet<>();
        parts(name).forEach(part -> words.add(part.toLowerCase(Locale.ROOT)));
        return words;
    }

    boolean is(String name, String value) {
        return get(name).filter(value::equalsIgnoreCase).isPresent();
    }
}
