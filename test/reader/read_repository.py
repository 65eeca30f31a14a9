"""A reader of Orchive repositories that was written from docs/repository-format.md alone, to show that the page is enough.

Usage: python3 read_repository.py REPOSITORY

It believes nothing: every checksum, order, head, cut and padding that the page names is worked out anew and compared. Prints one JSON
object: archives with the SHA-256 of their tar stream and of each file's content; ends with a message and 1 at the first thing that differs.
Needs Python 3.8 and the program zstd.
"""

import hashlib
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


def walk(pack):
    """Offset, length and content size of each frame (RFC 8878, 3.1.1)."""
    frames = []
    at = 0
    while at < len(pack):
        start = at
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
        frames.append((start, at - start, content))
    return frames


def read_packs():
    frames = {}
    for name in names_below("packs"):
        if not name.endswith(".pack"):
            continue
        pack = read(name)
        expect(name == "packs/%s/%s.pack" % (sha(pack)[:2], sha(pack)), "the name of " + name)
        content = unzstd(pack)
        lines = []
        done = 0
        for offset, length, size in walk(pack):
            segment = content[done : done + size]
            done += size
            frames[sha(segment)] = segment
            lines.append("%s %d %d %d\n" % (sha(segment), offset, length, size))
        expect(done == len(content), "the sizes of the frames of " + name)
        index = unzstd(read(name[: -len(".pack")] + ".idx.zst")).decode()
        expect(re.match(r"orchive-index 1 (data|meta)\n", index), "the first line of the index of " + name)
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
    lines = unzstd(read(name)).decode().split("\n")
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
        line, sum_, rest = read(name).split(b"\n")
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
    expect([head["format"], head["version"], head["idFunction"], head["objectCodec"]] == ["orchive-repository", 1, "sha256", "plain"], "the version")
    for name, digest in head["files"].items():
        expect(sha(read(name)) == digest, "the checksum of " + name)
    return head["id"]


def main():
    os.chdir(sys.argv[1])
    found = {"id": read_head(), "archives": {}, "marks": read_marks()}
    frames = read_packs()
    for name in names_below("manifests"):
        archive, entries = read_manifest(name, frames)
        tar, files = read_archive(entries, frames)
        found["archives"][archive] = {"entries": len(entries), "tar": tar, "files": files}
    print(json.dumps(found))


main()
