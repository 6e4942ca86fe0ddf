package cloister.control;

import cloister.isolation.Ipv4;
import cloister.isolation.Range;
import java.util.HashSet;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Checks of single fields. A message names the field and the rule, never the value that was sent. */
final class Bounds {
    private static final Pattern NUMBER_IN_NAME = Pattern.compile("[1-9][0-9]{0,9}");

    private Bounds() {}

    static long within(String field, long value, long least, long most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(field + " must be between " + least + " and " + most);
        }
        return value;
    }

    static String like(String field, String value, Pattern pattern, int longest) {
        if (value.length() > longest || !pattern.matcher(value).matches()) {
            throw new IllegalArgumentException(field + " must be like " + pattern.pattern());
        }
        return value;
    }

    static Ipv4 address(String field, String value) {
        try {
            return Ipv4.parse(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(field + " must be an IPv4 address", e);
        }
    }

    static Range range(String field, String value) {
        try {
            return Range.parse(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(field + " must be a range of IPv4 addresses", e);
        }
    }

    /** A project, lease or worker number as it stands in a name: 1 to 2³¹ − 1. */
    static int id(String field, String digits) {
        if (!NUMBER_IN_NAME.matcher(digits).matches()) {
            throw new IllegalArgumentException(field + " must hold numbers without leading zeros");
        }
        return (int) within(field, Long.parseLong(digits), 1, Integer.MAX_VALUE);
    }

    static <T> List<T> list(String field, List<T> values, int most) {
        if (values.size() > most) {
            throw new IllegalArgumentException(field + " must have at most " + most + " entries");
        }
        return List.copyOf(values);
    }

    static <T, K> void distinct(String field, List<T> values, Function<T, K> key) {
        var seen = new HashSet<K>();
        for (T value : values) {
            if (!seen.add(key.apply(value))) {
                throw new IllegalArgumentException(field + " must not name anything twice");
            }
        }
    }
}
