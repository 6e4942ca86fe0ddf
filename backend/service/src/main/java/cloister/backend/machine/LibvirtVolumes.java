package cloister.backend.machine;

import java.nio.file.Path;
import org.libvirt.Connect;
import org.libvirt.Error.ErrorNumber;
import org.libvirt.LibvirtException;
import org.libvirt.StoragePool;
import org.libvirt.StorageVol;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The storage pool of a VM host, and what is in it. */
final class LibvirtVolumes {
    private static final Logger LOG = LoggerFactory.getLogger(LibvirtVolumes.class);

    private LibvirtVolumes() {}

    static void blank(StoragePool pool, String name, int mebibytes) throws LibvirtException {
        delete(pool, name);
        pool.storageVolCreateXML(StorageXml.volume(name, mebibytes), 0).free();
    }

    static void delete(StoragePool pool, String name) throws LibvirtException {
        // What was made or deleted without libvirt's knowledge is seen only after a refresh.
        pool.refresh(0);
        try {
            StorageVol volume = pool.storageVolLookupByName(name);
            volume.delete(0);
            volume.free();
        } catch (LibvirtException e) {
            if (LibvirtHypervisor.code(e) != ErrorNumber.VIR_ERR_NO_STORAGE_VOL) {
                throw e;
            }
        }
    }

    /** Fails where there is none of that name. */
    static void find(StoragePool pool, String name) throws LibvirtException {
        pool.refresh(0);
        pool.storageVolLookupByName(name).free();
    }

    static StoragePool pool(Connect connect, String host, Path volumes) throws LibvirtException {
        StoragePool pool;
        try {
            pool = connect.storagePoolLookupByName(StorageXml.POOL);
        } catch (LibvirtException e) {
            if (LibvirtHypervisor.code(e) != ErrorNumber.VIR_ERR_NO_STORAGE_POOL) {
                throw e;
            }
            LOG.info("defining the storage pool {} on {}", StorageXml.POOL, host);
            pool = connect.storagePoolDefineXML(StorageXml.pool(volumes), 0);
            pool.setAutostart(1);
        }
        if (pool.isActive() == 0) {
            pool.create(0);
        }
        return pool;
    }
}
