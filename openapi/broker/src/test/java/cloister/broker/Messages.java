package cloister.broker;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/** What travels upward, and what each of its fields accepts: found by trying, not by reading the code. */
final class Messages {
    private Messages() {}

    /**
     * One field of a message.
     *
     * @param integer whether it is an integer; then from {@code least} to {@code most} in steps of {@code step}
     * @param values how many values it can have
     */
    record Field(String name, boolean integer, int least, int most, int step, double values) {
        double bits() {
            return Math.log(values) / Math.log(2);
        }
    }

    private static List<Upward> samples() {
        return List.of(
                new LeaseRequest(1, 1, 1, 256, GpuKind.A, 1, 256, 5, false),
                new TermRequest(5),
                new UsageReport(1, 1, 256, 1));
    }

    /** Every message type. */
    static List<Class<? extends Upward>> upward() {
        return Arrays.stream(Upward.class.getPermittedSubclasses())
                .<Class<? extends Upward>>map(type -> type.asSubclass(Upward.class))
                .toList();
    }

    static List<Field> fields(Class<? extends Upward> type) {
        Upward sample = samples().stream()
                .filter(type::isInstance)
                .findFirst()
                .orElseThrow(() -> new AssertionError("give " + type + " a sample"));
        List<Field> fields = new ArrayList<>();
        RecordComponent[] components = type.getRecordComponents();
        for (int i = 0; i < components.length; i++) {
            fields.add(field(sample, components, i));
        }
        return fields;
    }

    private static Field field(Upward sample, RecordComponent[] components, int index) {
        String name = components[index].getName();
        Class<?> type = components[index].getType();
        if (type.equals(boolean.class)) {
            return new Field(name, false, 0, 1, 1, 2);
        }
        if (type.isEnum()) {
            return new Field(name, false, 0, 0, 1, type.getEnumConstants().length);
        }
        if (!(value(sample, components[index]) instanceof Integer good)) {
            throw new AssertionError(name + " is of a kind whose values can't be counted: " + type);
        }
        IntPredicate accepted = value -> accepts(sample, components, index, value);
        int step = 1;
        while (!accepted.test(good + step)) {
            step++;
        }
        // Zero GPUs go with no kind only, which the sample doesn't have.
        int least = name.equals("gpus") ? 0 : edge(good, -step, accepted);
        int most = edge(good, step, accepted);
        return new Field(name, true, least, most, step, ((double) most - least) / step + 1);
    }

    /** The last accepted value in one direction: all values between are accepted, as the bounds are one interval. */
    private static int edge(int good, int step, IntPredicate accepted) {
        long inside = good;
        long strides = 1;
        while (strides > 0) {
            long next = inside + strides * step;
            if (next >= Integer.MIN_VALUE && next <= Integer.MAX_VALUE && accepted.test((int) next)) {
                inside = next;
                strides *= 2;
            } else {
                strides /= 2;
            }
        }
        return (int) inside;
    }

    private static Object value(Upward message, RecordComponent component) {
        try {
            return component.getAccessor().invoke(message);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("records can be read", e);
        }
    }

    private static boolean accepts(Upward sample, RecordComponent[] components, int index, int value) {
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] values = new Object[components.length];
        for (int i = 0; i < components.length; i++) {
            values[i] = i == index ? value : value(sample, components[i]);
        }
        try {
            sample.getClass().getDeclaredConstructor(types).newInstance(values);
            return true;
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof OutOfBounds) {
                return false;
            }
            throw new AssertionError("only bounds may refuse", e);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("records can be made", e);
        }
    }
}
