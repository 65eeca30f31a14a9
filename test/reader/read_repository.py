"""A reader of Orchive repositories that was written from docs/repository-format.md alone, to show that the page is enough.

Usage: python3 read_repository.py REPOSITORY [key|passphrase SECRET]

It believes nothing: every checksum, order, head, cut and padding that the page names is worked out anew and compared. Prints one JSON
object: archives with the SHA-256 of their tar stream and of each file's content; ends with a message and 1 at the first thing that differs.
An encrypted repository is opened with a key of 64 hex digits, or with a passphrase. Needs Python 3.8 and the programs zstd and, for encrypted
repositories, openssl.
"""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import unicodedata

MASK32 = 0xFFFFFFFF
SMALL, MIN, MEAN, MAX = 131072, 524288, 1048576, 4194304
STRICT, LOOSE = 0xFFFFF800, 0xFFFFE000
GEAR = [int.from_bytes(hashlib.sha256(b"orchive gear %d" % i).digest()[:4], "little") for i in range(256)]
HEADERS = (
    "id workspaceId workspaceName root configPath series seriesNumber kind createdAt durationMs parentId note actor host tool "
    "maps extraItems items configPaths baselines findings totals"
).split()
MARKS = {
    "hold": ["reason", "until"],
    "release": ["reason"],
    "suspect": ["reason", "findings"],
    "accept": ["reason"],
    "grade": ["level", "passed", "durationMs", "expiresAt", "findings"],
    "note": ["text"],
    "forget": ["reason"],
    "unforget": ["reason"],
}


def expect(condition, what):
    if not condition:
        sys.exit("differs: " + what)


def sha(data):
    return hashlib.sha256(data).hexdigest()


# What an encrypted repository is read with; None of it in a plain one.
KEYS = None


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def expand(secret, label):
    return mac(secret, label.encode(), b"\x01")


def decrypt(key, iv, data):
    command = ["openssl", "enc", "-d", "-aes-256-ctr", "-K", key.hex(), "-iv", iv.hex()]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


def open_sealed(secret, purpose, context, stored):
    """The bytes of a small object; None when it was sealed with another key, or changed."""
    body, tag = stored[:-32], stored[-32:]
    if mac(expand(secret, "orchive 1 %s authentication" % purpose), context.encode(), b"\0", body) != tag:
        return None
    expect(body[:16] == b"orchive-sealed-1" and body[28:32] == bytes(4), "the beginning of " + context)
    return decrypt(expand(secret, "orchive 1 %s encryption" % purpose), body[16:32], body[32:])


def open_slots(repository, kind, secret):
    for name in names_below("keys"):
        if not re.fullmatch(r"keys/key_[0-9a-f]{16}\.json", name):
            continue
        line, sum_, rest = read(name).split(b"\n")
        expect(sum_.decode() == sha(line + b"\n") and rest == b"", "the checksum of " + name)
        slot = json.loads(line)
        expect(name == "keys/%s.json" % slot["id"], "the name of " + name)
        if slot["kind"] != kind:
            continue
        own = bytes.fromhex(secret) if kind == "key" else None
        if own is None:
            cost = slot["scrypt"]
            own = hashlib.scrypt(
                secret.encode(), salt=bytes.fromhex(cost["salt"]), n=cost["n"], r=cost["r"], p=cost["p"], maxmem=1 << 30, dklen=32
            )
        master = open_sealed(own, "slot", "orchive key slot " + repository, base64.b64decode(slot["wrapped"]))
        if master is not None:
            return master
    sys.exit("no slot opens")


def read_object(name):
    """A small object as a plain repository would store it."""
    if KEYS is None:
        return read(name)
    raw = open_sealed(KEYS["master"], "object", name, read(name))
    expect(raw is not None, "the tag of " + name)
    return raw


def frame_id(segment):
    return sha(segment) if KEYS is None else mac(KEYS["id"], segment).hex()


def unzstd(data):
    return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout


def read(name):
    with open(name, "rb") as file:
        return file.read()


def names_below(folder):
    return sorted(os.path.join(at, name) for at, _, files in os.walk(folder) for name in files)


# Text form of a path


def to_text(raw):
    text = ""
    at = 0
    while at < len(raw):
        for length in (1, 2, 3, 4):
            try:
                character = raw[at : at + length].decode("utf-8")
            except UnicodeDecodeError:
                continue
            if len(character) == 1:
                break
        else:
            text += "\\x%02x" % raw[at]
            at += 1
            continue
        code = ord(character)
        text += "\\\\" if character == "\\" else "\\x%02x" % code if code < 0x20 or code == 0x7F else character
        at += length
    return text


def to_raw(text):
    raw = b"".join(
        bytes([int(piece[2:], 16)]) if piece.startswith("\\x") else b"\\" if piece == "\\\\" else piece.encode("utf-8")
        for piece in re.findall(r"\\x[0-9a-f]{2}|\\\\|[^\\]+", text)
    )
    expect(to_text(raw) == text, "the text form " + text)
    return raw


def order(raw):
    return raw.translate(ORDER)


# `/` below every other byte.
ORDER = bytes(0 if b == 0x2F else b + 1 if b < 0x2F else b for b in range(256))


# Heads


def octal(value, digits):
    return b"%0*o\0" % (digits, max(0, min(value, 8**digits - 1)))


def is_normal(raw):
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return unicodedata.normalize("NFC", text) == text


def block(name, prefix, mode, uid, gid, size, mtime, flag, link):
    head = bytearray(512)
    head[0 : len(name)] = name
    head[100:108] = octal(mode, 7)
    head[108:116] = octal(uid, 7)
    head[116:124] = octal(gid, 7)
    head[124:136] = octal(size, 11)
    head[136:148] = octal(mtime, 11)
    head[148:156] = b" " * 8
    head[156:157] = flag
    head[157 : 157 + len(link)] = link
    head[257:265] = b"ustar\x0000"
    head[345 : 345 + len(prefix)] = prefix
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def split_name(name):
    """The name field, the prefix field, and whether the whole name fits."""
    if len(name) <= 100:
        return name, b"", True
    for at in range(min(155, len(name) - 2), 0, -1):
        if name[at : at + 1] == b"/" and len(name) - at - 1 <= 100:
            return name[at + 1 :], name[:at], True
    return name[:100], b"", False


def head_of(entry):
    name = entry["path"] + (b"/" if entry["type"] == "d" else b"")
    link = entry["link"] or b""
    field, prefix, fits = split_name(name)
    seconds, nanos = divmod(entry["mtime"], 10**9)
    records = []
    has_path = not fits or (is_normal(name) and not name.isascii())
    has_link = len(link) > 100 or (is_normal(link) and not link.isascii())
    if (has_path and not is_normal(name)) or (has_link and not is_normal(link)):
        records.append((b"hdrcharset", b"BINARY"))
    if has_path:
        records.append((b"path", name))
    if has_link:
        records.append((b"linkpath", link))
    if entry["size"] > 0o77777777777:
        records.append((b"size", b"%d" % entry["size"]))
    for key in ("uid", "gid"):
        if entry[key] > 0o7777777:
            records.append((key.encode(), b"%d" % entry[key]))
    if nanos or seconds < 0 or seconds > 0o77777777777:
        whole, part = divmod(abs(entry["mtime"]), 10**9)
        digits = ("%s%d.%09d" % ("-" if entry["mtime"] < 0 else "", whole, part)).rstrip("0").rstrip(".")
        records.append((b"mtime", digits.encode()))
    flag = {"f": b"0", "h": b"1", "l": b"2", "d": b"5"}[entry["type"]]
    own = block(field, prefix, entry["mode"], entry["uid"], entry["gid"], entry["size"], seconds, flag, link[:100])
    if not records:
        return own
    body = b""
    for key, value in records:
        length = len(key) + len(value) + 3
        while length != len(b"%d" % length) + len(key) + len(value) + 3:
            length = len(b"%d" % length) + len(key) + len(value) + 3
        body += b"%d %s=%s\n" % (length, key, value)
    return block(b"PaxHeader", b"", 0o644, 0, 0, len(body), 0, b"x", b"") + body + bytes(-len(body) % 512) + own


# Chunks and sections


def cuts(content):
    ends = []
    start = 0
    while start < len(content):
        h = 0
        end = min(len(content), start + MAX)
        # A hash forgets a byte after 32 more.
        for at in range(min(end, start + MIN - 32), end):
            h = ((h << 1) + GEAR[content[at]]) & MASK32
            n = at + 1 - start
            if n > MIN and not h & (STRICT if n <= MEAN else LOOSE):
                end = at + 1
                break
        ends.append(end)
        start = end
    return ends


def ends_section(path):
    h = 0x811C9DC5
    units = path.encode("utf-16-le")
    for at in range(0, len(units), 2):
        h = ((h ^ int.from_bytes(units[at : at + 2], "little")) * 0x01000193) & MASK32
    return (h >> 13) & 63 == 0


# Packs


def frame_at(pack, at):
    """Where the frame at a place ends, and its content size (RFC 8878, 3.1.1)."""
    expect(pack[at : at + 4] == b"\x28\xb5\x2f\xfd", "no zstd frame at byte %d" % at)
    descriptor = pack[at + 4]
    expect(not descriptor & 0x08, "a reserved bit")
    single = descriptor & 0x20
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    at += 5 + (0 if single else 1) + dictionary
    size = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    expect(size > 0 and not dictionary, "a frame without its size, or with a dictionary")
    content = int.from_bytes(pack[at : at + size], "little") + (256 if size == 2 else 0)
    at += size
    last = False
    while not last:
        header = int.from_bytes(pack[at : at + 3], "little")
        last, kind, length = header & 1, header >> 1 & 3, header >> 3
        expect(kind != 3 and length <= 131072, "a block of another form")
        at += 3 + (1 if kind == 1 else length)
    at += 4 if descriptor & 4 else 0
    expect(at <= len(pack), "a pack that is cut short")
    return at, content


def walk(pack):
    """Offset, stored bytes, content size and zstd frame of each frame in a pack."""
    frames = []
    if KEYS is None:
        at = 0
        while at < len(pack):
            end, content = frame_at(pack, at)
            frames.append((at, end - at, content, pack[at:end]))
            at = end
        return frames
    expect(pack[:16] == b"orchive-pack-s-1" and pack[28:32] == bytes(4), "the beginning of a pack")
    iv = pack[16:32]
    plain = bytes(32) + decrypt(KEYS["pack"], iv, pack[32:])
    at = 32
    while at < len(pack):
        end, content = frame_at(plain, at)
        expect(plain[end : end + 8] == bytes.fromhex("502a4d1810000000"), "what follows the frame at byte %d" % at)
        tag = mac(KEYS["pack tag"], iv, at.to_bytes(8, "big"), pack[at : end + 8])[:16]
        expect(pack[end + 8 : end + 24] == tag, "the tag of the frame at byte %d" % at)
        frames.append((at, end + 24 - at, content, plain[at:end]))
        at = end + 24
    return frames


def read_packs():
    frames = {}
    for name in names_below("packs"):
        if not name.endswith(".pack"):
            continue
        pack = read(name)
        expect(name == "packs/%s/%s.pack" % (sha(pack)[:2], sha(pack)), "the name of " + name)
        found = walk(pack)
        content = unzstd(b"".join(frame for _, _, _, frame in found))
        lines = []
        done = 0
        for offset, length, size, _ in found:
            segment = content[done : done + size]
            done += size
            frames[frame_id(segment)] = segment
            lines.append("%s %d %d %d\n" % (frame_id(segment), offset, length, size))
        expect(done == len(content), "the sizes of the frames of " + name)
        index = unzstd(read_object(name[: -len(".pack")] + ".idx.zst")).decode()
        begins = "" if KEYS is None else " " + pack[:32].hex()
        expect(re.match(r"orchive-index 1 (data|meta)%s\n" % begins, index), "the first line of the index of " + name)
        expect(index.split("\n", 1)[1] == "".join(lines), "the index of " + name)
    return frames


# Manifests and marks


def parse_entry(line):
    fields = line.split("\t")
    expect(len(fields) == 10, "a line of ten fields")
    kind, size, mtime, mode, uid, gid, content, frames, link, path = fields
    seconds, nanos = mtime.lstrip("-").split(".")
    expect(len(nanos) == 9 and kind in "fdlh", "a line")
    expect((content == "-") == (kind != "f") and (link == "-") == (kind not in "lh"), "content or link of " + path)
    time = int(seconds) * 10**9 + int(nanos)
    return {
        "type": kind,
        "size": int(size),
        "mtime": -time if mtime.startswith("-") else time,
        "mode": int(mode, 8),
        "uid": int(uid),
        "gid": int(gid),
        "content": content,
        "frames": frames.split(","),
        "link": to_raw(link) if kind in "lh" else None,
        "path": to_raw(path),
        "text": path,
    }


def read_manifest(name, frames):
    lines = unzstd(read_object(name)).decode().split("\n")
    expect(lines.pop() == "", "the last newline of " + name)
    end = lines.pop()
    expect(end == "end %d %s" % (len(lines), sha("".join(line + "\n" for line in lines).encode())), "the end line of " + name)
    expect(lines[0] == "orchive-manifest 1", "the first line of " + name)
    headers = {}
    entries = []
    for line in lines[1:]:
        key, value = line.split("\t", 1)
        if key != "section":
            headers[key] = json.loads(value)
            continue
        section, count, first = value.split("\t")
        run = frames[section].decode().split("\n")
        expect(run.pop() == "" and len(run) == int(count), "the lines of section " + section)
        parsed = [parse_entry(one) for one in run]
        expect(parsed[0]["text"] == first, "the first path of section " + section)
        if entries:
            cut, next_top = entries[-1], first.split("/")[0]
            expect(ends_section(cut["text"]) or cut["run"] == 512 or cut["text"].split("/")[0] != next_top, "a cut behind " + cut["text"])
        for at, entry in enumerate(parsed):
            entry["run"] = at + 1
            expect(at == len(parsed) - 1 or not ends_section(entry["text"]), "no cut behind " + entry["text"])
        entries += parsed
    expect(all(key in headers for key in HEADERS), "the headers of " + name)
    expect(name == "manifests/%s.mft.zst" % headers["id"], "the name of " + name)
    totals = headers["totals"]
    expect(totals["entries"] == len(entries), "the number of entries of " + name)
    expect(totals["contentBytes"] == sum(entry["size"] for entry in entries), "the bytes of " + name)
    return headers["id"], entries


def read_archive(entries, frames):
    """The tar stream, and the content of each file."""
    stream = hashlib.sha256()
    files = {}
    before = None
    for entry in entries:
        expect(before is None or order(before) < order(entry["path"]), "the order at " + entry["text"])
        before = entry["path"]
        head, *bodies = entry["frames"]
        expect(head_of(entry) == frames[head], "the head of " + entry["text"])
        stream.update(frames[head])
        expect(entry["type"] == "f" or not bodies, "content of what is no file: " + entry["text"])
        padded = b"".join(frames[body] for body in bodies)
        content = padded[: entry["size"]]
        expect(len(padded) == entry["size"] + -entry["size"] % 512 and not any(padded[entry["size"] :]), "the padding of " + entry["text"])
        stream.update(padded)
        if entry["type"] != "f":
            continue
        expect(sha(content) == entry["content"], "the content of " + entry["text"])
        files[entry["text"]] = entry["content"]
        ends = [len(content)] if 0 < len(content) <= SMALL else cuts(content)
        sizes = [len(frames[body]) for body in bodies]
        wanted = [end - start for start, end in zip([0] + ends, ends)]
        if wanted:
            wanted[-1] += -entry["size"] % 512
        expect(sizes == wanted, "the cuts of " + entry["text"])
    stream.update(bytes(1024))
    return stream.hexdigest(), files


def read_marks():
    marks = []
    for name in names_below("marks"):
        archive, number, kind = re.fullmatch(r"marks/(arc_[0-9a-f]{24})/(\d{6})-([a-z]+)\.json", name).groups()
        line, sum_, rest = read_object(name).split(b"\n")
        expect(sum_.decode() == sha(line + b"\n") and rest == b"", "the checksum of " + name)
        mark = json.loads(line)
        expect(mark["kind"] == kind and "at" in mark and "actor" in mark, "the kind of " + name)
        expect(all(field in mark for field in MARKS.get(kind, [])), "the fields of " + name)
        marks.append([archive, int(number), kind])
    return marks


def read_head():
    text = read("repository.json")
    body, last = text[:-65], text[-65:]
    expect(last == sha(body).encode() + b"\n", "the checksum of repository.json")
    head = json.loads(body)
    kind = ["sha256", "plain"] if len(sys.argv) == 2 else ["hmac-sha256", "sealed"]
    expect([head["format"], head["version"], head["idFunction"], head["objectCodec"]] == ["orchive-repository", 1] + kind, "the version")
    for name, digest in head["files"].items():
        expect(sha(read(name)) == digest, "the checksum of " + name)
    return head["id"]


def unlock(repository):
    global KEYS, GEAR
    master = open_slots(repository, sys.argv[2], sys.argv[3])
    KEYS = {
        "master": master,
        "id": expand(master, "orchive 1 frame id"),
        "pack": expand(master, "orchive 1 pack encryption"),
        "pack tag": expand(master, "orchive 1 pack authentication"),
    }
    gear = expand(master, "orchive 1 gear")
    GEAR = [int.from_bytes(mac(gear, b"orchive gear %d" % i)[:4], "little") for i in range(256)]
    expect(read_object("keys/head.sealed") == read("repository.json"), "the sealed head")


def main():
    os.chdir(sys.argv[1])
    repository = read_head()
    if len(sys.argv) > 2:
        unlock(repository)
    found = {"id": repository, "archives": {}, "marks": read_marks()}
    frames = read_packs()
    for name in names_below("manifests"):
        archive, entries = read_manifest(name, frames)
        tar, files = read_archive(entries, frames)
        found["archives"][archive] = {"entries": len(entries), "tar": tar, "files": files}
    print(json.dumps(found))


main()
