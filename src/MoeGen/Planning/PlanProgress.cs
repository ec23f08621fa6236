namespace MoeGen.Planning;

/// <summary>How far a planner is.</summary>
/// <param name="Stage">What it does, for people.</param>
/// <param name="Done">Runs of the model that this stage has done.</param>
/// <param name="Total">Runs that it will do.</param>
internal readonly record struct PlanProgress(string Stage, int Done, int Total);
