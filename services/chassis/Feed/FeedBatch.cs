using DirectorySync.Feed.V1;

namespace DirectorySync.Chassis.Feed;

/// <summary>Changes to apply in one transaction, in this order.</summary>
/// <param name="Changes">
/// At least one. A change is applied if its version is newer than what is held of the resource; `deleted` ones delete.
/// </param>
/// <param name="Bootstrap">
/// Set while another service's resources are listed from scratch: stamp every row named by the batch with it, also where nothing else
/// changes. A row without this stamp yet is overwritten whatever its version, because the other service may have been restored to an
/// older state. Afterwards the rows without the stamp are swept.
/// </param>
/// <param name="Complete">False until a bootstrap has caught up. Until then nothing may be told or concluded from what is missing.</param>
public sealed record FeedBatch(IReadOnlyList<Change> Changes, Guid? Bootstrap, bool Complete);
