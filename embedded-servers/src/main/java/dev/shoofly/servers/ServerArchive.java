package dev.shoofly.servers;

import java.io.BufferedInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Properties;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;

/** A server's binaries as they travel in this module: a compressed tar file, unpacked once into the cache. */
final class ServerArchive {
    private static final Logger log = LoggerFactory.getLogger(ServerArchive.class);

    private final String name;
    private final String resource;

    private ServerArchive(String name, String file) {
        this.name = name;
        this.resource = "archives/" + name + "/" + file;
    }

    static ServerArchive postgres(PostgresVersion version) {
        return new ServerArchive(version.archiveName(), "postgres-linux-x86_64.txz");
    }

    static ServerArchive mySql() {
        return new ServerArchive("mysql-8", "mysql-Linux-amd64.tar.gz");
    }

    /** Name and version, the name of the cache entry. */
    String versionedName() {
        Properties versions = new Properties();
        try (InputStream in = open("versions.properties")) {
            versions.load(in);
        } catch (IOException e) {
            throw new ServerException("cannot read the versions of the embedded servers", e);
        }
        return name + "-" + versions.getProperty(name);
    }

    Path unpackedIn(ServerCache cache) {
        return cache.entry(versionedName(), directory -> {
            log.info("unpacking embedded {} (once)", versionedName());
            unpackTo(directory);
        });
    }

    private void unpackTo(Path directory) throws IOException {
        try (InputStream in = new BufferedInputStream(open(resource));
                InputStream plain = resource.endsWith(".txz") ? new XZInputStream(in) : new GZIPInputStream(in, 65536);
                TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                unpackOne(tar, entry, directory);
            }
        }
    }

    private static void unpackOne(TarArchiveInputStream tar, TarArchiveEntry entry, Path directory) throws IOException {
        Path target = directory.resolve(entry.getName()).normalize();
        if (!target.startsWith(directory)) {
            throw new IOException("archive entry leads out of the directory: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Path pointee = Path.of(entry.getLinkName());
            // The MySQL archive holds links into the directory where it was built.
            if (!pointee.isAbsolute()) {
                Files.createSymbolicLink(/* link= */ target, /* target= */ pointee);
            }
        } else if (entry.isLink()) {
            Files.copy(directory.resolve(entry.getLinkName()), target);
        } else {
            Files.copy(tar, target);
            boolean executable = (entry.getMode() & 0b001_000_000) != 0;
            Files.setPosixFilePermissions(
                    target, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
        }
    }

    private static InputStream open(String resource) throws IOException {
        InputStream in = ServerArchive.class.getResourceAsStream(resource);
        if (in == null) {
            throw new FileNotFoundException("resource " + resource + " is not part of this build of embedded-servers");
        }
        return in;
    }
}
