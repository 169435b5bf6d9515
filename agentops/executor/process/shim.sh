# Arguments: the job's folder, then the command and its arguments. Descriptor 3 is the job's lock, 4 tells the starter by being closed
# that the command may be believed to run; further ones are the starter's and are passed on.
dir=$1
shift
trap : INT TERM # these shells outlive a polite end, to say how the command ended; the command itself is given the default
printf '%s\n' "$$" >"$dir/pid" || exit 125
exec 4>&-
(
	trap : INT TERM
	"$@"
	printf '%s\n' "$?" >"$dir/exit"
) 2>&1 | (
	# The output goes to numbered files of at most 2 MB, of which the last three are kept.
	trap '' INT TERM
	PATH=$PATH:/usr/bin:/bin
	n=0
	while
		dd bs=4096 count=512 of="$dir/log.$n" 2>/dev/null
		[ -s "$dir/log.$n" ]
	do
		n=$((n + 1))
		[ "$n" -lt 3 ] || rm -f "$dir/log.$((n - 3))"
	done
	cat >/dev/null # a disk that is full loses the log, not the command
)
