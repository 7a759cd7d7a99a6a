import { paths } from "../board";
import { Card } from "../parts/Card";
import { Command, addressOf, quoted, sizeFlags } from "../parts/Commands";
import { view } from "../state";

export function ProviderCommands({ id }: { id: string }) {
  const curl = (path: string) => `curl ${quoted(addressOf(path))}`;
  const watch = paths.watch(`provider_id=${encodeURIComponent(id)}`);
  return (
    <Card title="In a terminal">
      <ul class="commands">
        <Command
          what="Rent this size from it"
          text={`golem vm create my-vm --provider-id ${quoted(id)} ${sizeFlags(view.value.filters)}`}
        />
        <Command what="Its offer" text={curl(paths.offer(id))} />
        <Command what="What it signed" text={curl(paths.proof(id))} />
        <Command what="Why it is (not) listed" text={curl(paths.provider(id))} />
        <Command what="Its changes, live" text={`curl -N ${quoted(addressOf(watch))}`} />
      </ul>
    </Card>
  );
}
