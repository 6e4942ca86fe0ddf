package cloister.backend.machine;

import org.libvirt.DomainChannel;

/** Puts what comes over a boot channel into an inbox. */
record BootReceiver(Inbox inbox) implements DomainChannel.Receiver {
    @Override
    public void received(byte[] buffer, int length) {
        inbox.take(buffer, length);
    }

    @Override
    public void ended() {
        inbox.end();
    }
}
