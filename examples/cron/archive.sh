#!/bin/sh
# Keeps an archive in a folder of this machine, started by cron. In the crontab (crontab -e) of a user who may read the token:
#
#   WORKSPACE=1201234567890123
#   */10 * * * *  /srv/asana/archive.sh drain     # what is new
#   7 * * * *     /srv/asana/archive.sh rescan    # what came late: looks again at hours and days that are due
#   30 6 * * 1    /srv/asana/archive.sh verify    # whether all of it is whole
#
# Nothing is printed while all is well, so that cron sends a mail only when something is wrong. Runs may overlap and may be killed;
# the next one goes on. `asana-audit-archive service cron` prints lines that do the same without this file.
set -eu

cd "${FOLDER:-/srv/asana}" # the package is installed here; `token` holds the token, and only this user can read it
SOURCE=${SOURCE:-https://app.asana.com/api/1.0}

archive() {
  npx --no-install asana-audit-archive "$@" --archive archive --quiet
}

case $1 in
  drain) archive drain --workspace "$WORKSPACE" --token-file token --source "$SOURCE" ;;
  rescan) archive rescan --settled --workspace "$WORKSPACE" --token-file token --source "$SOURCE" ;;
  verify) archive verify ;;
  *)
    echo "There is no task $1: drain, rescan or verify." >&2
    exit 2
    ;;
esac
