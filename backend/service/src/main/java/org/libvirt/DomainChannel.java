package org.libvirt;

import com.sun.jna.Callback;
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.libvirt.jna.DomainPointer;
import org.libvirt.jna.SizeT;
import org.libvirt.jna.StreamPointer;

/**
 * A virtio-serial channel of a domain: the part of libvirt's API that libvirt-java 0.5.4 lacks (virDomainOpenChannel) or
 * gets wrong (its non-blocking reads fail when there is nothing to read). In libvirt-java's package because the pointers
 * behind {@code Domain} and {@code Stream} are package-private there.
 *
 * <p>Reading happens in libvirt's event loop, never blocks and needs no thread; see
 * https://libvirt.org/html/libvirt-libvirt-stream.html. The loop must have been started before the connection was opened.
 */
public final class DomainChannel {
    private static final int NONBLOCK = 1;
    private static final int FORCE = 1;
    private static final int READABLE = 1;
    private static final int ERROR_OR_HANGUP = 4 | 8;
    private static final int NOTHING_YET = -2;
    private static final int CHUNK = 16 * 1024;
    /** Most chunks per call of the loop: one talkative guest must not keep the loop from the others. */
    private static final int MOST_CHUNKS = 4;

    private static final Functions NATIVE = Native.load("virt", Functions.class);

    /** Channels with a callback in libvirt: the garbage collector must not take what native code still calls. */
    private static final Set<DomainChannel> OPEN = ConcurrentHashMap.newKeySet();

    private final Stream stream;
    private final Receiver receiver;
    private final EventCallback callback = this::readable;
    private boolean closed;

    private DomainChannel(Stream stream, Receiver receiver) {
        this.stream = stream;
        this.receiver = receiver;
    }

    /** Who gets what a guest says. Called in libvirt's event loop: must return at once and must not call libvirt. */
    public interface Receiver {
        /** The first {@code length} bytes of the buffer were read; the buffer is used again. */
        void received(byte[] buffer, int length);

        /** Nothing more will come. */
        void ended();
    }

    /** The functions of libvirt that are called here. */
    interface Functions extends Library {
        int virDomainOpenChannel(DomainPointer domain, String name, StreamPointer stream, int flags);

        int virStreamRecv(StreamPointer stream, byte[] data, SizeT bytes);

        int virStreamSend(StreamPointer stream, byte[] data, SizeT bytes);

        int virStreamAbort(StreamPointer stream);

        int virStreamEventAddCallback(
                StreamPointer stream,
                int events,
                EventCallback callback,
                @Nullable Pointer opaque,
                @Nullable Pointer free);

        int virStreamEventRemoveCallback(StreamPointer stream);
    }

    /** virStreamEventCallback. */
    interface EventCallback extends Callback {
        void callback(@Nullable Pointer stream, int events, @Nullable Pointer opaque);
    }

    /** Opens the channel, taking it from whoever has it open. A call to the host: it may block. */
    public static DomainChannel open(Domain domain, String name, Receiver receiver) throws LibvirtException {
        Stream stream = domain.getConnect().streamNew(NONBLOCK);
        ErrorHandler.processError(NATIVE.virDomainOpenChannel(domain.vdp, name, stream.getVsp(), FORCE));
        DomainChannel channel = new DomainChannel(stream, receiver);
        OPEN.add(channel);
        try {
            ErrorHandler.processError(NATIVE.virStreamEventAddCallback(
                    stream.getVsp(), READABLE | ERROR_OR_HANGUP, channel.callback, null, null));
        } catch (LibvirtException e) {
            OPEN.remove(channel);
            NATIVE.virStreamAbort(stream.getVsp());
            throw e;
        }
        return channel;
    }

    private void readable(@Nullable Pointer ignored, int events, @Nullable Pointer opaque) {
        byte[] buffer = new byte[CHUNK];
        for (int i = 0; i < MOST_CHUNKS; i++) {
            int length;
            synchronized (this) {
                length = closed ? 0 : NATIVE.virStreamRecv(stream.getVsp(), buffer, new SizeT(buffer.length));
            }
            if (length == NOTHING_YET) {
                if ((events & ERROR_OR_HANGUP) == 0) {
                    return;
                }
                length = 0;
            }
            if (length <= 0) {
                unregister();
                receiver.ended();
                return;
            }
            receiver.received(buffer, length);
        }
    }

    /**
     * Sends all of the bytes; libvirt queues them.
     *
     * @return empty when libvirt took them, else what was wrong
     */
    public synchronized Optional<String> send(byte[] bytes) {
        if (closed) {
            return Optional.of("the channel is closed");
        }
        int sent = NATIVE.virStreamSend(stream.getVsp(), bytes, new SizeT(bytes.length));
        return sent == bytes.length ? Optional.empty() : Optional.of("the channel took " + sent + " bytes");
    }

    /** Ends the stream. A call to the host: it may block. Nothing is received afterwards. */
    public void close() throws LibvirtException {
        unregister();
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        // Outside the lock, which the event loop takes too: a host that is frozen must not freeze the loop. That the
        // stream can't be aborted because the host ended it first is no failure.
        NATIVE.virStreamAbort(stream.getVsp());
        stream.free();
    }

    private void unregister() {
        if (OPEN.remove(this)) {
            NATIVE.virStreamEventRemoveCallback(stream.getVsp());
        }
    }
}
