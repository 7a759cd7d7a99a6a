// How to go on from a search: in a terminal, as a requestor, as a provider.
import { boardOrder, boardParameters } from "../address";
import { paths } from "../board";
import { Command, addressOf, quoted, sizeFlags } from "../parts/Commands";
import { view } from "../state";

const EXAMPLE = {
  ip_address: "203.0.113.7",
  country: "SE",
  resources: { cpu: 4, memory: 8, storage: 100 },
};

export function SearchCommands() {
  const { filters } = view.value;
  const query = boardParameters(filters);
  const list = new URLSearchParams(query);
  list.set("sort", boardOrder({ ...view.value, sort: "price", descending: false }));
  list.set("limit", "10");
  const post = [
    `curl -X POST ${quoted(addressOf("api/v1/advertisements"))}`,
    "-H 'X-Provider-ID: my-name' -H 'X-Provider-Signature: none'",
    `-H 'Content-Type: application/json' -d ${quoted(JSON.stringify(EXAMPLE))}`,
  ].join(" ");
  return (
    <div class="how-to">
      <h3>This search in a terminal</h3>
      <ul class="commands">
        <Command
          what="Once, cheapest first"
          text={`curl ${quoted(addressOf(paths.list(list.toString())))}`}
        />
        <Command
          what="As it changes"
          text={`curl -N ${quoted(addressOf(paths.watch(query.toString())))}`}
        />
      </ul>
      <h3>Rent one</h3>
      <ul class="commands">
        <Command what="Install the requestor's tool" text="pip install request-vm-on-golem" />
        <Command what="See what it finds" text={`golem vm providers ${sizeFlags(filters)}`} />
        <Command
          what="Rent; the id stands on the provider's page"
          text={`golem vm create my-vm --provider-id PROVIDER_ID ${sizeFlags(filters)}`}
        />
      </ul>
      <h3>Be listed here</h3>
      <ul class="commands">
        <Command
          what="Run a provider"
          text="pip install golem-vm-provider && golem-provider start"
        />
        <Command what="Or post an advertisement yourself, again within 5 minutes" text={post} />
      </ul>
    </div>
  );
}
