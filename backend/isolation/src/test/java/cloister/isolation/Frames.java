package cloister.isolation;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Ethernet frames, byte by byte. Checksums above IP are left zero: a bridge doesn't look at them. */
final class Frames {
    static final int SYN = 0x02;
    static final int SYN_ACK = 0x12;
    static final int ACK = 0x10;
    static final int RST = 0x04;
    static final String EVERYBODY = "ff:ff:ff:ff:ff:ff";
    private static final int ETHERNET = 14;

    private static int count;

    private Frames() {}

    static byte[] ethernet(String to, String from, int type, byte[] payload) {
        return ByteBuffer.allocate(ETHERNET + payload.length)
                .put(mac(to))
                .put(mac(from))
                .putShort((short) type)
                .put(payload)
                .array();
    }

    static byte[] arp(String from, int operation, String senderMac, String sender, String target) {
        // Behind the packet there is room for padding, and in it a number: no two frames are equal.
        ByteBuffer arp = ByteBuffer.allocate(46);
        arp.putInt(42, ++count);
        arp.putShort((short) 1)
                .putShort((short) 0x800)
                .put((byte) 6)
                .put((byte) 4)
                .putShort((short) operation);
        arp.put(mac(senderMac)).putInt(Ipv4.parse(sender).bits()).put(new byte[6]);
        arp.putInt(Ipv4.parse(target).bits());
        return ethernet(EVERYBODY, from, 0x806, arp.array());
    }

    static byte[] ip(String to, String from, String source, String destination, int protocol, byte[] payload) {
        ByteBuffer ip = ByteBuffer.allocate(20 + payload.length);
        ip.put((byte) 0x45).put((byte) 0).putShort((short) (20 + payload.length));
        // The identification: no two packets are equal.
        ip.putShort((short) ++count).putShort((short) 0);
        ip.put((byte) 64).put((byte) protocol).putShort((short) 0);
        ip.putInt(Ipv4.parse(source).bits())
                .putInt(Ipv4.parse(destination).bits())
                .put(payload);
        ip.putShort(10, checksum(ip.array()));
        return ethernet(to, from, 0x800, ip.array());
    }

    static byte[] udp(int source, int destination) {
        return ByteBuffer.allocate(8)
                .putShort((short) source)
                .putShort((short) destination)
                .putShort((short) 8)
                .array();
    }

    static byte[] tcp(int source, int destination, int flags) {
        return ByteBuffer.allocate(20)
                .putShort((short) source)
                .putShort((short) destination)
                .putLong(0)
                .put((byte) 0x50)
                .put((byte) flags)
                .array();
    }

    static byte[] bytes(int length) {
        return "x".repeat(length).getBytes(StandardCharsets.US_ASCII);
    }

    private static short checksum(byte[] packet) {
        long sum = 0;
        for (int i = 0; i < 20; i += 2) {
            sum += ((packet[i] & 0xff) << 8) | (packet[i + 1] & 0xff);
        }
        sum = (sum & 0xffff) + (sum >> 16);
        return (short) ~(sum + (sum >> 16));
    }

    private static byte[] mac(String text) {
        return HexFormat.ofDelimiter(":").parseHex(text);
    }
}
