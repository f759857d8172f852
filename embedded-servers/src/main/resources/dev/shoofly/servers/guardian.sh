# guardian LOG PIDFILE STOP_SIGNAL GRACE_SECONDS COMMAND...
# Runs COMMAND as long as standard input stays open. Standard input is a pipe from the JVM: the kernel closes it
# in whatever way the JVM ends, so the server never outlives it by more than the grace periods.
log=$1 pidfile=$2 stop=$3 grace=$4
shift 4
exec 3<&0 2>>"$log"

"$@" </dev/null >>"$log" 2>&1 3<&- &
server=$!
echo "$server" >"$pidfile"
echo "$server"
exec >&2

(
  while read -r order <&3; do
    case $order in
      stop) kill -s "$stop" "$server" ;;
      kill) kill -s KILL "$server" ;;
    esac
  done
  for signal in "$stop" QUIT KILL; do
    kill -s "$signal" "$server" || exit 0
    waited=0
    while [ "$waited" -lt "$grace" ] && kill -0 "$server"; do
      sleep 1
      waited=$((waited + 1))
    done
  done
) 2>/dev/null &
watcher=$!

trap 'kill -s "$stop" "$server" 2>/dev/null' INT TERM HUP
while :; do
  wait "$server"
  status=$?
  # A trapped signal ends wait early while the server still runs.
  kill -0 "$server" 2>/dev/null || break
done
kill "$watcher" 2>/dev/null
rm -f "$pidfile"
exit "$status"
