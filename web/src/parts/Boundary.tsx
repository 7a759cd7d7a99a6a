// Keeps the rest of the page where one part fails: its script may be missing, because the network failed
// or the board has been upgraded meanwhile.
import { Component, type ComponentChildren } from "preact";

interface Props {
  what: string;
  /// Whether that is all of the page.
  isPage?: boolean;
  children: ComponentChildren;
}

export class Boundary extends Component<Props, { fault: string | null }> {
  static override getDerivedStateFromError(error: unknown) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }

  override state = { fault: null };

  override render() {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    const said = (
      <div class="fault" role="alert">
        <p>
          {this.props.what} could not be shown. The network may have failed, or the board has been
          upgraded since this page was loaded.
        </p>
        <p>
          <button type="button" onClick={() => location.reload()}>
            Load the page again
          </button>{" "}
          <a href="./">All offers</a>
        </p>
        <p>
          <small>{fault}</small>
        </p>
      </div>
    );
    if (!this.props.isPage) return said;
    return (
      <main class="provider-page">
        <h1>VM on Golem</h1>
        {said}
      </main>
    );
  }
}
