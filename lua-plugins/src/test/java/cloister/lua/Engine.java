package cloister.lua;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.luaj.vm2.Globals;
import org.luaj.vm2.LuaError;
import org.luaj.vm2.LuaValue;
import org.luaj.vm2.Varargs;
import org.luaj.vm2.lib.OneArgFunction;
import org.luaj.vm2.lib.jse.JsePlatform;

/** A Lua that runs a file of cases and hands back what it printed. */
enum Engine {
    LUAJ {
        @Override
        String run(Path harness, List<String> arguments) {
            Globals globals = JsePlatform.standardGlobals();
            // LuaJ's own os.execute splits at spaces and knows no shell.
            globals.get("os").set("execute", new Shell());
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            globals.STDOUT = new PrintStream(printed, true, StandardCharsets.UTF_8);
            LuaValue[] given = arguments.stream().map(LuaValue::valueOf).toArray(LuaValue[]::new);
            try {
                Varargs _ = globals.loadfile(harness.toString()).invoke(given);
            } catch (LuaError broken) {
                throw new AssertionError("the cases did not run: " + broken.getMessage(), broken);
            }
            return printed.toString(StandardCharsets.UTF_8);
        }
    },
    LUA5_1 {
        @Override
        String run(Path harness, List<String> arguments) throws IOException, InterruptedException {
            return runProgram("lua5.1", harness, arguments);
        }
    },
    LUA5_4 {
        @Override
        String run(Path harness, List<String> arguments) throws IOException, InterruptedException {
            return runProgram("lua5.4", harness, arguments);
        }
    };

    abstract String run(Path harness, List<String> arguments) throws IOException, InterruptedException;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '.');
    }

    private static String runProgram(String program, Path harness, List<String> arguments)
            throws IOException, InterruptedException {
        Programs.require(program, program);
        Ran ran = Programs.run(program, harness.toString(), arguments.get(0), arguments.get(1), arguments.get(2));
        if (ran.code() != 0) {
            throw new AssertionError("the cases did not run: " + ran.output());
        }
        return ran.output();
    }

    /** What C's os.execute does: the command in /bin/sh. */
    private static final class Shell extends OneArgFunction {
        @Override
        public LuaValue call(LuaValue command) {
            try {
                return LuaValue.valueOf(
                        Programs.run("/bin/sh", "-c", command.checkjstring()).code());
            } catch (IOException broken) {
                throw new LuaError(broken);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
                throw new LuaError(stopped);
            }
        }
    }
}
