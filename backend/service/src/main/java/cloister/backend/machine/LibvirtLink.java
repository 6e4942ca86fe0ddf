package cloister.backend.machine;

import org.libvirt.Connect;
import org.libvirt.LibvirtException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection and who uses it: native code must not lose it under a call, so the last user closes it. */
final class LibvirtLink {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtLink.class);

    private final Connect connect;
    private int users;
    private boolean retired;
    private boolean closed;

    LibvirtLink(Connect connect) {
        this.connect = connect;
    }

    /** A use of the connection, or nothing when it is retired. */
    synchronized boolean enter() {
        if (retired) {
            return false;
        }
        users++;
        return true;
    }

    /** The connection, between {@link #enter} and {@link #leave} only. */
    Connect connect() {
        return connect;
    }

    synchronized void leave() {
        users--;
        closeIfUnused();
    }

    /** Whether the connection stands. Asks nobody. */
    synchronized boolean standing() {
        if (retired) {
            return false;
        }
        try {
            return connect.isAlive();
        } catch (LibvirtException e) {
            // Asking needs no host: if even that fails the connection is closed.
            return false;
        }
    }

    /** Nobody may enter any more; the connection is closed when the last user leaves. */
    synchronized void retire() {
        retired = true;
        closeIfUnused();
    }

    private void closeIfUnused() {
        if (!retired || users > 0 || closed) {
            return;
        }
        closed = true;
        try {
            connect.close();
        } catch (LibvirtException e) {
            LOG.debug("a connection was gone when it was to be closed", e);
        }
    }
}
