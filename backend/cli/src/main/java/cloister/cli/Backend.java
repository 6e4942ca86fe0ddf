package cloister.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One question to the backend, and its answer. */
final class Backend {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();

    /** The list of a site's leases is the longest answer. */
    private static final int LONGEST_LINE = 16 * 1024 * 1024;

    private Backend() {}

    /**
     * Asks, shows progress, and returns the result.
     *
     * @throws Failed where there is none
     */
    static JsonNode ask(Path socket, String verb, Map<String, ? extends @Nullable Object> args, PrintWriter progress) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            String request = MAPPER.writeValueAsString(Map.of("v", 1, "verb", verb, "args", args)) + "\n";
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            BufferedReader lines = new BufferedReader(Channels.newReader(channel, StandardCharsets.UTF_8));
            for (String line = line(lines); line != null; line = line(lines)) {
                JsonNode answer = MAPPER.readTree(line);
                if (answer.has("progress")) {
                    progress.println(answer.get("progress").asString());
                    progress.flush();
                } else if (answer.path("ok").asBoolean(false)) {
                    return answer.path("result");
                } else {
                    throw new Failed(answer.path("error").asString("the backend gave no reason"));
                }
            }
            throw new Failed("the backend hung up without an answer: look at its log, then ask again");
        } catch (JacksonException e) {
            throw new Failed("the backend's answer is not understood: use the command of its version");
        } catch (IOException e) {
            throw new Failed("the backend can't be reached at " + socket
                    + ": is it running, and are you root on its machine? (" + e.getMessage() + ")");
        }
    }

    private static @Nullable String line(BufferedReader from) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int next = from.read(); next >= 0; next = from.read()) {
            if (next == '\n') {
                return line.toString();
            }
            if (line.length() >= LONGEST_LINE) {
                throw new IOException("the answer is too long");
            }
            line.append((char) next);
        }
        return null;
    }
}
