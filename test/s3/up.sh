#!/bin/bash
# Boots a real Ceph (monitor, OSDs, RADOS gateway) on 127.0.0.1 for tests and prints how to reach it.
#   up.sh DIR PORT
# DIR    holds everything: configuration, data, logs, pid files. At most 70 characters, because of unix sockets.
# PORT   of the S3 endpoint; PORT+1 is the monitor, PORT+2 to PORT+98 are the OSDs
# The user `lab` owns two buckets: `plain`, and `locked`, which was made with Object Lock. What is needed to reach them is in DIR/s3.env.
# A second run over the same DIR starts again on the data there. Environment: ORCHIVE_CEPH_OSDS=1, each object on min(N, 3) of them.
set -euo pipefail
export LC_ALL=C
DIR=$(realpath -m "${1:?usage: up.sh DIR PORT}")
PORT=${2:?usage: up.sh DIR PORT}
OSDS=${ORCHIVE_CEPH_OSDS:-1}
ACCESS_KEY=LABACCESSKEY00000001
SECRET_KEY=labSecretKeyForLoopbackTestsOnly00000001
HERE=$(dirname "$(realpath "$0")")
. "$HERE/common.sh"
CONF="$DIR/ceph.conf"
export CEPH_CONF="$CONF"

fail() {
  trap - ERR INT TERM HUP
  echo "The store for tests did not start: $*" >&2
  tail -n 15 "$DIR"/log/*.out >&2 2>/dev/null || true
  "$HERE/down.sh" "$DIR" >&2 || true
  exit 1
}

for program in ceph-mon ceph-osd radosgw radosgw-admin python3; do
  command -v $program >/dev/null || { echo "$program is missing: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw" >&2; exit 4; }
done
[ ${#DIR} -le 70 ] || { echo "$DIR is longer than 70 characters." >&2; exit 2; }
for name in mon osd0 rgw; do
  if ours "$(pid_of $name)"; then echo "$name is running already." >&2; exit 2; fi
done
for port in "$PORT" "$((PORT + 1))"; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "Port $port is taken." >&2; exit 5; fi
done
umask 077
mkdir -p "$DIR"/{log,run,pid,mon,rgw,crash}
trap 'fail "line $LINENO"' ERR
trap 'fail interrupted' INT TERM HUP

write_configuration() {
  FSID=$(cat /proc/sys/kernel/random/uuid)
  cat >"$CONF" <<C
[global]
fsid = $FSID
mon host = [v2:127.0.0.1:$((PORT + 1))]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind msgr1 = false
ms bind port min = $((PORT + 2))
ms bind port max = $((PORT + 98))
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
auth allow insecure global id reclaim = false
run dir = $DIR/run
admin socket = $DIR/run/\$name.\$pid.asok
log file = $DIR/log/\$name.log
crash dir = $DIR/crash
keyring = $DIR/keyring
log max recent = 500
debug ms = 0
osd pool default size = $((OSDS < 3 ? OSDS : 3))
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
# Clients look for a fresh map twice a second instead of every 5 s: start and recovery are sooner.
objecter tick interval = 0.5

[mon]
mon data = $DIR/mon
mon cluster log file = $DIR/log/cluster.log
mon data avail warn = 1
mon data avail crit = 0
# A change is committed at once instead of once a second: pools appear ten times sooner.
paxos propose interval = 0.05
paxos min wait = 0.02
mon osd min down reporters = 1

[osd]
osd data = $DIR/osd\$id
# A sparse file that survives kill -9.
osd objectstore = bluestore
osd crush initial weight = 1
osd memory target = 939524096
bluestore block create = true
bluestore block size = $((10 * 1024 * 1024 * 1024))
bluestore block wal create = false
bluestore block db create = false
bluestore block preallocate file = false
osd fast shutdown = true
osd heartbeat interval = 1
osd heartbeat grace = 6

[client.rgw]
# Without tcp_nodelay most small requests take 44 ms.
rgw frontends = beast endpoint=127.0.0.1:$PORT tcp_nodelay=1
rgw data = $DIR/rgw
rgw thread pool size = 32
rgw enable ops log = false
# The space of deleted objects over 4 MiB comes back after a minute instead of two hours.
rgw gc obj min wait = 30
rgw gc processor period = 30
rgw gc processor max time = 30
rgw enable usage log = false
C
}

# One keyring for all; the monitor takes the keys over when it is made.
write_keys() {
  local keys="$DIR/keyring"
  ceph-authtool -C "$keys" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$keys" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' --cap mds 'allow *'
  ceph-authtool "$keys" --gen-key -n client.rgw --cap mon 'allow rw' --cap osd 'allow rwx' --cap mgr 'allow rw'
  for ((i = 0; i < OSDS; i++)); do
    ceph-authtool "$keys" --gen-key -n "osd.$i" --cap mon 'allow profile osd' --cap osd 'allow *' --cap mgr 'allow profile osd'
  done
}

is_new=
if [ ! -e "$DIR/ready" ]; then
  is_new=1
  write_configuration
  write_keys >"$DIR/log/setup.out"
  monmaptool --create --fsid "$FSID" --addv a "[v2:127.0.0.1:$((PORT + 1))]" "$DIR/monmap" >>"$DIR/log/setup.out" 2>&1
  ceph-mon -c "$CONF" -i a --mkfs --monmap "$DIR/monmap" --keyring "$DIR/keyring" >>"$DIR/log/setup.out" 2>&1
fi
start mon ceph-mon -c "$CONF" -i a -f

for ((i = 0; i < OSDS; i++)); do
  if [ ! -e "$DIR/osd$i/whoami" ]; then
    mkdir -p "$DIR/osd$i"
    id=$(cat /proc/sys/kernel/random/uuid)
    timeout 30 ceph -c "$CONF" osd new "$id" "$i" >>"$DIR/log/setup.out" 2>&1
    ceph-osd -c "$CONF" -i "$i" --mkfs --osd-uuid "$id" >>"$DIR/log/setup.out" 2>&1
  fi
  start "osd$i" ceph-osd -c "$CONF" -i "$i" -f
done

start rgw radosgw -c "$CONF" -n client.rgw -f
if [ -n "$is_new" ]; then
  timeout 60 radosgw-admin -c "$CONF" user create --uid=lab --display-name=lab \
    --access-key="$ACCESS_KEY" --secret-key="$SECRET_KEY" >>"$DIR/log/setup.out" 2>&1
  printf 'S3_ENDPOINT=http://127.0.0.1:%s\nS3_REGION=us-east-1\nS3_ACCESS_KEY_ID=%s\nS3_SECRET_ACCESS_KEY=%s\n' \
    "$PORT" "$ACCESS_KEY" "$SECRET_KEY" >"$DIR/s3.env"
fi

for ((n = 0; ; n++)); do
  up=$(timeout 30 ceph -c "$CONF" osd stat -f json 2>>"$DIR/log/setup.out" | sed -n 's/.*"num_up_osds":\([0-9]*\).*/\1/p')
  [ "${up:-0}" -ge "$OSDS" ] && break
  [ $n -lt 120 ] || fail "${up:-0} of $OSDS OSDs are up"
  sleep 0.2
done
for ((n = 0; ; n++)); do
  if (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; then break; fi
  ours "$(pid_of rgw)" || fail 'the gateway died'
  [ $n -lt 600 ] || fail 'the gateway does not answer'
  sleep 0.1
done
touch "$DIR/ready"
cat "$DIR/s3.env"
