package cloister.backend.machine;

import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;
import org.libvirt.Connect;
import org.libvirt.Library;
import org.libvirt.LibvirtException;
import org.libvirt.jna.Libvirt.VirErrorCallback;
import org.libvirt.jna.virError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * libvirt's event loop, of which a process has one. It must run before the first connection is opened: only then a
 * connection can be kept alive, and only through it do channels speak.
 */
final class LibvirtEvents {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtEvents.class);

    /** Kept from the garbage collector: libvirt calls it. */
    private static final VirErrorCallback SILENT = new Silent();

    private static boolean running;

    private LibvirtEvents() {}

    /** What libvirt would print; every error comes as an exception too. */
    private static final class Silent implements VirErrorCallback {
        @Override
        public void errorCallback(@Nullable Pointer user, @Nullable virError error) {
            LOG.trace("libvirt reported an error of its own");
        }
    }

    static synchronized void run() throws LibvirtException {
        if (running) {
            return;
        }
        Connect.setErrorCallback(SILENT);
        Library.initEventLoop();
        Thread.ofPlatform().daemon().name("libvirt-events").start(LibvirtEvents::loop);
        running = true;
    }

    private static void loop() {
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Library.processEvent();
            } catch (LibvirtException | RuntimeException e) {
                // One event that fails must not end all the others; what it belonged to is looked at by its own limit.
                LOG.error("libvirt's event loop reports a failure", e);
            }
        }
    }
}
