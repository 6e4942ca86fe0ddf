package cloister.isolation;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** A packet socket (packet(7)) on one interface: sends and receives whole Ethernet frames. Needs CAP_NET_RAW. */
final class RawSocket {
    private static final int AF_PACKET = 17;
    private static final int SOCK_RAW = 3;
    private static final int MSG_DONTWAIT = 0x40;
    private static final short ALL_PROTOCOLS = 3;
    private static final int LONGEST = 2048;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final AddressLayout POINTER = ValueLayout.ADDRESS;
    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);
    private static final MethodHandle INDEX = function("if_nametoindex", INT, POINTER);
    private static final MethodHandle BIND = function("bind", INT, INT, POINTER, INT);
    private static final MethodHandle SEND = function("send", LONG, INT, POINTER, LONG, INT);
    private static final MethodHandle RECEIVE = function("recv", LONG, INT, POINTER, LONG, INT);

    private final int descriptor;
    private final Arena arena = Arena.global();

    RawSocket(String device) throws Throwable {
        short protocol = Short.reverseBytes(ALL_PROTOCOLS);
        descriptor = (int) SOCKET.invoke(AF_PACKET, SOCK_RAW, (int) protocol);
        MemorySegment address = arena.allocate(20);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_PACKET);
        address.set(ValueLayout.JAVA_SHORT, 2, protocol);
        address.set(ValueLayout.JAVA_INT, 4, (int) INDEX.invoke(arena.allocateFrom(device)));
        if (descriptor < 0 || (int) BIND.invoke(descriptor, address, 20) != 0) {
            throw new IllegalStateException("no packet socket on " + device);
        }
    }

    void send(byte[] frame) throws Throwable {
        MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, frame);
        if ((long) SEND.invoke(descriptor, bytes, (long) frame.length, 0) != frame.length) {
            throw new IllegalStateException("a frame was not sent");
        }
    }

    /** The next frame that has arrived; empty when there is none. */
    byte[] received() throws Throwable {
        MemorySegment bytes = arena.allocate(LONGEST);
        long length = (long) RECEIVE.invoke(descriptor, bytes, (long) LONGEST, MSG_DONTWAIT);
        return length <= 0 ? new byte[0] : bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(String name, MemoryLayout answer, MemoryLayout... arguments) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(answer, arguments));
    }
}
