package cloister.guest;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A program to run: no shell, no inherited environment, a limit for its time and its output. Secrets go to its standard input
 * or stand in files, never among its arguments.
 */
public final class Command {
    private static final Duration USUAL_LIMIT = Duration.ofSeconds(30);
    private static final int USUAL_OUTPUT = 64 * 1024;

    private final List<String> arguments;
    private final Duration limit;
    private final int mostOutput;
    private final byte[] input;
    private final Map<String, String> environment;

    private Command(
            List<String> arguments, Duration limit, int mostOutput, byte[] input, Map<String, String> environment) {
        this.arguments = arguments;
        this.limit = limit;
        this.mostOutput = mostOutput;
        this.input = input;
        this.environment = environment;
    }

    /** The program and its arguments; 30 seconds, 64 KiB of output, no input. */
    public static Command of(String program, String... arguments) {
        var all = new java.util.ArrayList<String>();
        all.add(program);
        all.addAll(List.of(arguments));
        return of(all);
    }

    /** The program and its arguments; 30 seconds, 64 KiB of output, no input. */
    public static Command of(List<String> arguments) {
        if (arguments.isEmpty() || arguments.stream().anyMatch(argument -> argument.indexOf('\0') >= 0)) {
            throw new IllegalArgumentException("a command is a program and arguments without NUL");
        }
        return new Command(List.copyOf(arguments), USUAL_LIMIT, USUAL_OUTPUT, new byte[0], Map.of());
    }

    /** Killed, with all it started, when it takes longer. */
    public Command within(Duration time) {
        return new Command(arguments, time, mostOutput, input, environment);
    }

    /** Killed when it prints more than so many bytes, on either stream. */
    public Command printing(int bytes) {
        return new Command(arguments, limit, bytes, input, environment);
    }

    /** Given to it on its standard input. */
    public Command reading(byte[] bytes) {
        return new Command(arguments, limit, mostOutput, bytes.clone(), environment);
    }

    /** One more variable of its environment. */
    public Command with(String variable, String value) {
        var more = new TreeMap<>(environment);
        more.put(variable, value);
        return new Command(arguments, limit, mostOutput, input, Map.copyOf(more));
    }

    public List<String> arguments() {
        return arguments;
    }

    public Duration limit() {
        return limit;
    }

    public int mostOutput() {
        return mostOutput;
    }

    public byte[] input() {
        return input.clone();
    }

    public Map<String, String> environment() {
        return environment;
    }

    /** The arguments alone: input may be secret. */
    @Override
    public String toString() {
        return String.join(" ", arguments);
    }
}
