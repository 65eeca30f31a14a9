/** README.txt of every repository: how to get data out by hand. */
export const README_TEXT = `This folder is an Orchive repository: archives of an orchestrator workspace.

Do not change or delete files here by hand. Everything can be read without Orchive, with a shell, zstd and tar.

manifests/ARCHIVE.mft.zst      the record of one archive; text once decompressed: zstd -dc FILE
packs/xx/HASH.pack             zstd frames back to back; HASH is the SHA-256 of the file
packs/xx/HASH.idx.zst          which frames lie in the pack; lines: id offset storedBytes rawBytes
marks/ARCHIVE/                 notes about an archive (holds, grades), one JSON line each and its SHA-256

The script recover.sh does it, with sh, awk, zstd, tar and sha256sum:
  sh recover.sh list
  sh recover.sh check
  sh recover.sh extract latest NEWFOLDER

An archive is a tar stream, cut into segments, each stored as one zstd frame and named by the SHA-256 of its bytes.
To get an archive out by hand, without the script:
  1. zstd -dc manifests/ARCHIVE.mft.zst              lines "section ID ENTRIES FIRSTPATH", in order
  2. find each section ID in the indexes, cut its bytes out of the pack, decompress: the entry lines.
     Fields, tab separated: type size mtime mode uid gid sha256 frames linktarget path
  3. for each entry line, in order, find each of its frames the same way and append the stored bytes to a file
  4. append two zero blocks:  head -c 1024 /dev/zero | zstd >> FILE
  5. tar --zstd -xf FILE
To cut bytes out of a pack:  tail -c +$((OFFSET + 1)) PACK | head -c STOREDBYTES
`
