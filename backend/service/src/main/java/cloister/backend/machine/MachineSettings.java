package cloister.backend.machine;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * Settings of the machine room, and the sizes of CVMs, which other rooms read: all keys stand here so that an unknown one
 * stops the start.
 *
 * @param domainType how QEMU runs guests: never guessed from /dev/kvm, which may be present and unusable
 * @param images folder on the hosts with kernel, initial file system and the read-only images
 * @param volumes folder on the hosts that the storage pool keeps volumes in
 * @param pki folder here with cacert.pem, clientcert.pem and clientkey.pem for the TLS to the hosts
 * @param consoles folder on the hosts for the machines' serial consoles
 * @param bridge the underlay's bridge on the hosts
 * @param underlay the network that all projects' ranges lie in
 * @param projectPrefix length of the prefix of a project's range
 * @param callLimit longest wait for one answer of a host, before the site's time scale; starting QEMU is the longest call
 * @param promptAfter how long a guest that lives already may be silent before it is asked for its hello again, before the
 *     site's time scale
 * @param mostConversations most boot channels open at once: each costs a stream on a host's connection
 * @param memoryOverheadMib what QEMU needs beside the guest's memory; the placeholder asks for it too
 * @param cvmCpus processors of a CVM
 * @param cvmMemoryMib memory of a CVM
 * @param cvmDataMib drive of a CVM
 */
@Validated
@ConfigurationProperties(prefix = "cloister.machine", ignoreUnknownFields = false)
public record MachineSettings(
        @NotNull DomainType domainType,
        @NotNull @DefaultValue("/var/lib/cloister/images") Path images,
        @NotNull @DefaultValue("/var/lib/cloister/volumes") Path volumes,
        @NotNull Path pki,
        @NotNull @DefaultValue("/var/log/cloister") Path consoles,

        @Pattern(regexp = "[a-z][a-z0-9]{0,14}") @DefaultValue("vmbr0")
        String bridge,

        @Pattern(regexp = "[0-9./]{9,18}") @DefaultValue("10.77.0.0/16")
        String underlay,

        @Min(16) @Max(28) @DefaultValue("24") int projectPrefix,
        @NotNull @DefaultValue("30s") Duration callLimit,
        @NotNull @DefaultValue("10s") Duration promptAfter,
        @Min(1) @Max(100_000) @DefaultValue("5000") int mostConversations,
        @Min(0) @DefaultValue("256") int memoryOverheadMib,
        @Min(1) @DefaultValue("2") int cvmCpus,
        @Min(512) @DefaultValue("2560") int cvmMemoryMib,
        @Min(256) @DefaultValue("4096") int cvmDataMib) {

    /** The domain types of libvirt that we run on. */
    public enum DomainType {
        /** Emulation: works everywhere, about ten times slower. */
        QEMU,
        /** Hardware virtualisation. */
        KVM
    }
}
