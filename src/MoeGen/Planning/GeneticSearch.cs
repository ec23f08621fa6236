namespace MoeGen.Planning;

/// <summary>
/// Searches a <see cref="PlanSpace"/> for the fittest plan by evolution: children take each layer from one of two parents or the average
/// of both, and one layer of each child changes by chance. A child that breaks a bound is repaired, so every plan that is looked at is
/// within the budget.
/// </summary>
/// <param name="space">The plans to choose from.</param>
/// <param name="fitness">How good a plan is, larger being better; the argument is [layers] and is not to be kept.</param>
/// <param name="seed">The same seed gives the same plan.</param>
/// <remarks>Source: SwapMoE (arXiv 2308.15030), section 3.4. It publishes neither sizes nor rates; those here are ours.</remarks>
internal sealed class GeneticSearch(PlanSpace space, Func<int[], double> fitness, int seed)
{
    private const int Individuals = 64;
    private const int Generations = 200;
    private const int Elite = 8;
    private const int Tournament = 3;

    private readonly Random _random = new(seed);

    /// <summary>Searches.</summary>
    /// <param name="first">A plan to begin with; it is repaired where it breaks a bound.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The fittest plan that was found, [layers].</returns>
    public int[] Run(int[] first, CancellationToken cancellationToken = default)
    {
        Individual[] population = new Individual[Individuals];
        population[0] = Grow([.. first]);
        for (int i = 1; i < Individuals; i++)
        {
            population[i] = Grow(space.Draw(_random, space.NumLayers));
        }

        Individual[] next = new Individual[Individuals];
        for (int generation = 0; generation < Generations; generation++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Rank(population);
            Array.Copy(population, next, Elite);
            for (int i = Elite; i < Individuals; i++)
            {
                int[] child = Cross(Choose(population), Choose(population));
                Mutate(child);
                next[i] = Grow(child);
            }

            (population, next) = (next, population);
        }

        Rank(population);
        return population[0].Experts;
    }

    /// <summary>Brings a plan within the bounds; where it holds too many experts, those go that cost the least fitness.</summary>
    /// <param name="experts">Virtual Experts of each layer, [layers]; changed in place.</param>
    internal void Repair(int[] experts)
    {
        int total = 0;
        for (int layer = 0; layer < experts.Length; layer++)
        {
            experts[layer] = Math.Clamp(experts[layer], space.MinPerLayer, space.MaxPerLayer);
            total += experts[layer];
        }

        for (; total > space.MaxTotal; total--)
        {
            experts[BestStep(experts, -1)]--;
        }
    }

    /// <summary>Spends the slots that are left on the layers that gain most: an expert more never makes the model worse.</summary>
    /// <param name="experts">Virtual Experts of each layer, [layers], within the bounds; changed in place.</param>
    internal void Fill(int[] experts)
    {
        for (int total = experts.Sum(); total < space.MaxTotal; total++)
        {
            experts[BestStep(experts, 1)]++;
        }
    }

    // the layer that leaves the fittest plan when its experts change by a step; ties: the first layer
    private int BestStep(int[] experts, int step)
    {
        int best = -1;
        double bestFitness = double.NegativeInfinity;
        for (int layer = 0; layer < experts.Length; layer++)
        {
            int count = experts[layer];
            if (count + step >= space.MinPerLayer && count + step <= space.MaxPerLayer)
            {
                experts[layer] = count + step;
                double value = fitness(experts);
                experts[layer] = count;
                if (best < 0 || value > bestFitness)
                {
                    (best, bestFitness) = (layer, value);
                }
            }
        }

        return best;
    }

    private Individual Grow(int[] experts)
    {
        Repair(experts);
        return new Individual(experts, fitness(experts));
    }

    private int[] Choose(Individual[] population)
    {
        // ranked: the smallest index is the fittest
        int best = _random.Next(Individuals);
        for (int i = 1; i < Tournament; i++)
        {
            best = Math.Min(best, _random.Next(Individuals));
        }

        return population[best].Experts;
    }

    private int[] Cross(int[] mother, int[] father)
    {
        bool averages = _random.Next(2) == 0;
        int[] child = new int[mother.Length];
        for (int layer = 0; layer < child.Length; layer++)
        {
            child[layer] = averages
                ? (mother[layer] + father[layer] + _random.Next(2)) / 2
                : _random.Next(2) == 0 ? mother[layer] : father[layer];
        }

        return child;
    }

    // far steps find other plans, steps of one the best plan near by
    private void Mutate(int[] child)
    {
        int layer = _random.Next(child.Length);
        child[layer] = _random.Next(2) == 0
            ? _random.Next(space.MinPerLayer, space.MaxPerLayer + 1)
            : child[layer] + (_random.Next(2) == 0 ? 1 : -1);
    }

    // a stable order, so that the same seed gives the same plan
    private static void Rank(Individual[] population)
    {
        Individual[] ranked = [.. population.OrderByDescending(individual => individual.Fitness)];
        ranked.CopyTo(population, 0);
    }

    private readonly record struct Individual(int[] Experts, double Fitness);
}
